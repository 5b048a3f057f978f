"""What a table's versions changed is told without Spark as Spark tells it; the catalogue looks for tables where they are."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from libs.store.delta import Store, setting
from libs.store.upkeep import keep_up

NAME = "silver.facts"


def facts(spark: SparkSession, first: int, last: int, hour: int = 0) -> DataFrame:
    """Fact n happened n days after New Year's Day, at that hour."""
    rows = spark.range(first, last + 1)
    return rows.select(
        "id", F.expr(f"timestamp'2026-01-01' + make_interval(0, 0, 0, cast(id as int), {hour})").alias("happened_at")
    )


@pytest.fixture(scope="module")
def store(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Fact 0 to 9; then a version by every way in which one is written."""
    store = Store(str(tmp_path_factory.mktemp("lakehouse")), spark)
    ways: list[Callable[[], object]] = [
        lambda: store.overwrite(NAME, facts(spark, 0, 9), {}),
        lambda: store.append(NAME, facts(spark, 10, 11)),
        lambda: store.merge(NAME, facts(spark, 5, 12, hour=23), ["id"], "s.id <> 6", {}),
        lambda: store.replace_where(NAME, facts(spark, 3, 3, hour=1), "cast(happened_at as date) = date'2026-01-04'", {}),
        lambda: store.delete(NAME, "id = 1", {}),
        lambda: store.commit(NAME, {"said": "alone"}),
        lambda: keep_up(store, NAME, retain_hours=168),
        lambda: store.append(NAME, spark.createDataFrame([(20, None)], "id long, happened_at timestamp")),
    ]
    for way in ways:
        way()
    return store


def test_changed_values_are_those_of_sparks_change_feed(store: Store) -> None:
    newest = store.version(NAME)
    assert newest > 7
    for after in range(newest):
        for until in {after + 1, newest}:
            feed = store.changes(NAME, after, until).where("happened_at is not null").select(F.to_date("happened_at")).distinct()
            found = store.changed(NAME, "cast(happened_at as date)", after, until)
            assert sorted(found) == sorted(row[0] for row in feed.collect()), (after, until)


def test_a_time_is_of_its_day_in_utc(store: Store) -> None:
    assert store.changed(NAME, "cast(happened_at as date)", 2, 3) == [date(2026, 1, 4)]


def test_a_table_is_overwritten_also_where_the_columns_by_which_files_are_skipped_have_other_names(
    spark: SparkSession, tmp_path: Path
) -> None:
    store = Store(str(tmp_path), spark)
    store.overwrite(NAME, facts(spark, 0, 2), {"said": "first"}, ["happened_at"])
    renamed = store.read(NAME).select("id", F.col("happened_at").alias("sold_at", metadata={"comment": "when it was sold"}))

    store.overwrite(NAME, renamed, {"said": "second"}, ["sold_at"])

    assert (store.version(NAME), store.last_commit(NAME).state) == (1, {"said": "second"})
    assert store.last_commit(NAME).metrics["numOutputRows"] == 3
    assert store.greatest(NAME, "sold_at").date() == date(2026, 1, 3)
    assert store.read(NAME).schema["sold_at"].metadata == {"comment": "when it was sold"}
    assert store.read(NAME, 0).columns == ["id", "happened_at"]
    store.append(NAME, renamed)
    kinds = store.changes(NAME, 0, 2).groupBy("_change_type").count()
    assert sorted(map(tuple, kinds.collect())) == [("delete", 3), ("insert", 6)]


@pytest.mark.parametrize("write", ["overwrite", "replace_where"])
def test_writing_no_rows_where_there_are_none_tells_the_state(spark: SparkSession, tmp_path: Path, write: str) -> None:
    store, nothing = Store(str(tmp_path), spark), facts(spark, 1, 0)
    store.overwrite(NAME, nothing, {"said": "first"})

    if write == "overwrite":
        store.overwrite(NAME, nothing, {"said": "again"})
    else:
        store.replace_where(NAME, nothing, "id = 1", {"said": "again"})

    assert store.last_commit(NAME).state == {"said": "again"}


def test_a_commit_without_rows_tells_its_state_and_changes_nothing(spark: SparkSession, tmp_path: Path) -> None:
    store = Store(str(tmp_path), spark)
    store.overwrite(NAME, facts(spark, 0, 1), {"said": "with rows"})

    store.commit(NAME, {"said": "alone"})

    assert store.last_commit(NAME).state == {"said": "alone"}
    assert (store.version(NAME), store.row_count(NAME)) == (1, 2)
    assert store.changed(NAME, "id", 0, 1) == []


@pytest.mark.parametrize("leave", [shutil.copytree, shutil.move])
def test_a_lakehouse_that_was_copied_or_moved_is_read_where_it_is(
    spark: SparkSession, tmp_path: Path, leave: Callable[[Path, Path], object]
) -> None:
    table = f"gold.numbers_{leave.__name__}"
    Store(str(tmp_path / "old"), spark).append(table, spark.range(1).coalesce(1))
    Store(str(tmp_path / "old"), spark).register([table])
    assert spark.table(table).count() == 1
    leave(tmp_path / "old", tmp_path / "a new place")
    store = Store(str(tmp_path / "a new place"), spark)
    store.append(table, spark.range(1).coalesce(1))

    store.register([table])

    assert spark.table(table).count() == 2
    assert leave is shutil.move or len(list((tmp_path / "old" / "gold").glob("*/*.parquet"))) == 1
    spark.sql(f"drop table {table}")


def test_tables_that_a_shared_metastore_knows_elsewhere_are_left_to_their_owner(spark: SparkSession, tmp_path: Path) -> None:
    table = "gold.numbers_of_others"
    theirs, ours = (Store(str(tmp_path / name), spark) for name in ("theirs", "ours"))
    for store in (theirs, ours):
        store.append(table, spark.range(3 if store is theirs else 1).coalesce(1))
    theirs.register([table])

    with setting(spark, "spark.hadoop.hive.metastore.uris", "thrift://shared:9083"):
        ours.register([table])

    assert spark.table(table).count() == 3
    spark.sql(f"drop table {table}")
