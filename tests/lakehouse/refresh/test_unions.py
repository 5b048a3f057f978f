from pyspark.sql import SparkSession

from lakehouse.definitions.union import united
from tests.lakehouse.random_rows import shown


def test_a_column_that_a_part_lacks_is_null_in_its_rows_and_keeps_its_type(spark: SparkSession) -> None:
    parts = [
        spark.createDataFrame([("x",)], "a string"),
        spark.createDataFrame([(1, "y", ["r"])], "n int, a string, reasons array<string>"),
        spark.createDataFrame([(2,)], "n int"),
    ]
    rows = united(parts)
    assert dict(rows.dtypes) == {"a": "string", "n": "int", "reasons": "array<string>"}
    assert shown(rows, "a", "n", "reasons") == [(None, 2, None), ("x", None, None), ("y", 1, ["r"])]
