"""What a table's versions changed is read without Spark as Spark reads it; the catalogue looks for tables where they are."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from libs.store.conditions import Column, Equal, Not, Sql, given
from libs.store.spark import SparkStore
from libs.store.spark_state import setting
from libs.tables import LONG, TIMESTAMP, Full, Table
from libs.tables import Column as Declared
from tests.libs.store.declaring import declaring

pytestmark = pytest.mark.only_spark

FACTS = Table(
    name="silver.facts",
    comment="What happened",
    columns=[Declared("id", LONG, "fact"), Declared("happened_at", TIMESTAMP, "when")],
    primary_key=["id"],
    refresh=Full(),
)
NAME = FACTS.name
DAY = Sql("cast(happened_at as date)")


def facts(spark: SparkSession, first: int, last: int, hour: int = 0) -> DataFrame:
    """Fact n happened n days after New Year's Day, at that hour."""
    rows = spark.range(first, last + 1)
    return rows.select(
        "id", F.expr(f"timestamp'2026-01-01' + make_interval(0, 0, 0, cast(id as int), {hour})").alias("happened_at")
    )


@pytest.fixture(scope="module", params=[0, 50_000], ids=["by Spark", "few rows"])
def store(request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> SparkStore:
    """Fact 0 to 9; then a version by every way in which one is written."""
    store = replace(SparkStore.at(str(tmp_path_factory.mktemp("lakehouse")), spark), few_rows=request.param)
    ways: list[Callable[[], object]] = [
        lambda: store.overwrite(FACTS, facts(spark, 0, 9), {}),
        lambda: store.append(FACTS, facts(spark, 10, 11)),
        lambda: store.merge(FACTS, facts(spark, 5, 12, hour=23), Not(Equal(given("id"), 6)), {}),
        lambda: store.replace_where(FACTS, facts(spark, 3, 3, hour=1), Equal(DAY, date(2026, 1, 4)), {}),
        lambda: store.delete(FACTS, Equal(Column("id"), 1), {}),
        lambda: store.delete_matching(FACTS, facts(spark, 2, 2), ["id"], {}),
        lambda: store.commit(FACTS, {"said": "alone"}),
        lambda: store.keep_up(NAME, retain_hours=168),
        lambda: store.append(FACTS, spark.createDataFrame([(20, None)], FACTS.schema)),
    ]
    for way in ways:
        way()
    return store


def test_changed_values_are_those_of_sparks_change_feed(store: SparkStore) -> None:
    newest = store.version(NAME)
    assert newest >= 8
    for after in range(newest):
        for until in {after + 1, newest}:
            feed = store.changes(NAME, after, until).where("happened_at is not null").select(F.to_date("happened_at")).distinct()
            found = store.changed(NAME, "cast(happened_at as date)", after, until)
            assert sorted(found) == sorted(row[0] for row in feed.collect()), (after, until)


def test_a_time_is_of_its_day_in_utc(store: SparkStore) -> None:
    assert store.changed(NAME, "cast(happened_at as date)", 2, 3) == [date(2026, 1, 4)]


def test_a_table_is_overwritten_also_where_the_columns_by_which_files_are_skipped_have_other_names(
    spark: SparkSession, tmp_path: Path
) -> None:
    store = SparkStore.at(str(tmp_path), spark)
    first = replace(FACTS, event_time="happened_at")
    columns = [FACTS.columns[0], Declared("sold_at", TIMESTAMP, "when it was sold")]
    second = replace(FACTS, columns=columns, event_time="sold_at")
    store.overwrite(first, facts(spark, 0, 2), {"said": "first"})
    renamed = store.read(NAME).withColumnRenamed("happened_at", "sold_at")

    written = store.overwrite(second, renamed, {"said": "second"})

    assert (written.version, written.inserted, store.last_commit(NAME).state) == (1, 3, {"said": "second"})
    assert store.greatest(NAME, "sold_at").date() == date(2026, 1, 3)
    assert store.read(NAME).schema["sold_at"].metadata == {"comment": "when it was sold"}
    assert store.read(NAME, 0).columns == ["id", "happened_at"]
    store.append(second, renamed)
    kinds = store.changes(NAME, 0, 2).groupBy("_change_type").count()
    assert sorted(map(tuple, kinds.collect())) == [("delete", 3), ("insert", 6)]


@pytest.mark.parametrize("leave", [shutil.copytree, shutil.move])
def test_a_lakehouse_that_was_copied_or_moved_is_read_where_it_is(
    spark: SparkSession, tmp_path: Path, leave: Callable[[Path, Path], object]
) -> None:
    table = f"gold.numbers_{leave.__name__}"
    SparkStore.at(str(tmp_path / "old"), spark).append(*declaring(table, spark.range(1).coalesce(1)))
    SparkStore.at(str(tmp_path / "old"), spark).register([table])
    assert spark.table(table).count() == 1
    leave(tmp_path / "old", tmp_path / "a new place")
    store = SparkStore.at(str(tmp_path / "a new place"), spark)
    store.append(*declaring(table, spark.range(1).coalesce(1)))

    store.register([table])

    assert spark.table(table).count() == 2
    assert leave is shutil.move or len(list((tmp_path / "old" / "gold").glob("*/*.parquet"))) == 1
    spark.sql(f"drop table {table}")


def test_tables_that_a_shared_metastore_knows_elsewhere_are_left_to_their_owner(spark: SparkSession, tmp_path: Path) -> None:
    table = "gold.numbers_of_others"
    theirs, ours = (SparkStore.at(str(tmp_path / name), spark) for name in ("theirs", "ours"))
    for store in (theirs, ours):
        store.append(*declaring(table, spark.range(3 if store is theirs else 1).coalesce(1)))
    theirs.register([table])

    with setting(spark, "spark.hadoop.hive.metastore.uris", "thrift://shared:9083"):
        ours.register([table])

    assert spark.table(table).count() == 3
    spark.sql(f"drop table {table}")
