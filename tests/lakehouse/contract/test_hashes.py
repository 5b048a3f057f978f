from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.contract.hashes import fields_of, former_row_hash, hash_of, row_hash

BRONZE = "a string, b string, _extra string, _malformed string"


def test_rows_that_differ_in_any_field_have_different_hashes(spark: SparkSession) -> None:
    texts = [None, "", "a", "b", "ab", "a\u0000"]
    rows = spark.createDataFrame([(a, b, c, d) for a in texts for b in texts for c in (None, "a") for d in (None, "a")], BRONZE)
    hashes = rows.select(row_hash(fields_of(rows)).alias("hash"), former_row_hash(fields_of(rows)).alias("former"))
    assert hashes.agg(F.count_distinct("hash")).first() == (rows.count(),)
    assert hashes.select("former").distinct().count() < rows.count()


def test_a_hash_stays_when_the_table_gains_a_column_or_has_them_in_another_order(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("x", None, None, None), ("x", "y", "{}", "z")], BRONZE)
    wider = rows.selectExpr("b", "cast(null as string) as c", "a", "_malformed", "_extra")
    before, after = (frame.select(row_hash(fields_of(frame))).collect() for frame in (rows, wider))
    assert before == after


def test_hashes_are_the_same_numbers_on_every_engine_and_in_every_version(spark: SparkSession) -> None:
    """They are stored: other numbers would take from fixed rows the ones that they replace."""
    rows = spark.createDataFrame([("a", None), (None, "a"), ("", "a"), ("\u0000é😀" * 9, "x" * 50)], "a string, b string")
    hashed = rows.select(hash_of({"b": F.col("b"), "a": F.col("a")}).alias("hash"))
    assert [row.hash for row in hashed.collect()] == KNOWN


KNOWN = [-5170443440937396861, 7002344174038040181, 5956336248475868676, -2120014562775221366]
