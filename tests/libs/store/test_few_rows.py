"""Few rows, which Spark's driver writes itself, are those that Spark's own jobs write; where it can't answer, Spark does."""

from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from libs.store.conditions import ALWAYS, Column, Less
from libs.store.spark import SparkStore
from libs.store.spark_staging import SparkStaging
from libs.store.staged import NotEvaluable
from libs.tables import BOOLEAN, DATE, DOUBLE, INTEGER, LONG, STRING, TIMESTAMP, Slices, Table
from libs.tables import Column as Declared
from tests.libs.store.spark_queries import last_query

pytestmark = pytest.mark.only_spark
KINDS = {
    "n": LONG,
    "small": INTEGER,
    "word": STRING,
    "words": "array<string>",
    "amount": "decimal(38,6)",
    "share": DOUBLE,
    "is_known": BOOLEAN,
    "day": DATE,
    "at": TIMESTAMP,
}
TABLE = Table(
    name="gold.kinds",
    comment="A column of each type",
    columns=[Declared(name, kind, f"of the type {kind}") for name, kind in KINDS.items()],
    primary_key=["n"],
    refresh=Slices(by="day"),
)
SOME = """
    select id as n, cast(id % 3 as int) as small, if(id = 2, null, concat('Wörter ', id)) as word,
        if(id = 3, null, array(concat('a', id), null)) as words, cast(id as decimal(38,6)) / 7 * power(10, 20) as amount,
        if(id = 4, double('nan'), -id / 3) as share, id % 2 = 0 as is_known, date'1969-12-30' + cast(id as int) as day,
        if(id = 5, null, timestamp'1969-12-31 23:59:59.999999' + make_interval(0, 0, 0, cast(id as int))) as at
    from range({}, {})
"""


def rows(spark: SparkSession, first: int, end: int) -> DataFrame:
    found = spark.sql(SOME.format(first, end))
    return found.select(*[found[name].cast(kind).alias(name) for name, kind in KINDS.items()])


def stores(spark: SparkSession, folder: Path) -> tuple[SparkStore, SparkStore]:
    """One that leaves every row to Spark, and one that writes few rows itself."""
    by_spark, few = (SparkStore.at(str(folder / name), spark) for name in ("spark", "few"))
    return replace(by_spark, few_rows=0), replace(few, few_rows=100)


def test_rows_of_every_type_are_the_same_by_every_way_of_writing(spark: SparkSession, tmp_path: Path) -> None:
    found = []
    for store in stores(spark, tmp_path):
        with store.staging() as staging:
            first, more, again = (staging.keep(rows(spark, *part)) for part in ((0, 9), (9, 12), (4, 14)))
            done = [store.overwrite(TABLE, first, {"n": 1}), store.append(TABLE, more, {"n": 2})]
            done.append(store.merge(TABLE, again, ALWAYS, {"n": 3}))
            done.append(store.replace_where(TABLE, staging.keep(rows(spark, 0, 1)), Less(Column("n"), 3), {"n": 4}))
        kept = [store.read(TABLE.name, version).orderBy("n").collect() for version in range(4)]
        found.append((done, [repr(row) for row in kept], store.stored(TABLE.name), store.last_commit(TABLE.name).state))
    assert found[0] == found[1]


def test_few_rows_take_two_queries_and_many_are_left_to_spark(spark: SparkSession, tmp_path: Path) -> None:
    for store, end in ((stores(spark, tmp_path)[1], 99), (stores(spark, tmp_path)[1], 100)):
        with store.staging() as staging:
            before = last_query(spark)
            staged = staging.keep(rows(spark, 0, end))
            assert staged.counts({"rows": "count(1)", "none": "count_if(n is null)"}) == {"rows": end, "none": 0}
            assert staged.repeated(["small"], 9).num_rows == 3
            store.overwrite(TABLE, staged, {})
            assert (last_query(spark) - before == 2) == (end == 99)
        assert store.row_count(TABLE.name) == end


def test_what_duckdb_is_not_known_to_answer_alike_is_asked_of_spark(spark: SparkSession) -> None:
    with SparkStaging(few_rows=100) as staging:
        staged = staging.keep(rows(spark, 0, 9))
        assert staged.counts({"twice": "count_if(n * 2 > 8)"}) == {"twice": 4}
        assert staged.examples("n * 2 = 8", ["word"], 9)["word"].to_pylist() == ["Wörter 4"]
        with pytest.raises(NotEvaluable, match="UNRESOLVED_COLUMN"):
            staged.counts({"nothing": "count_if(nothing > 1)"})
        with pytest.raises(NotEvaluable, match="CAST_INVALID_INPUT"):
            staged.counts({"days": "count_if(cast(word as date) > date'2026-01-01')"})
