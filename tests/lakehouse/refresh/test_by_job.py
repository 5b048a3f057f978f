"""A table that a job fills: runs create it, leave its rows alone, and recompute what depends on it when the job wrote."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.catalogue.entry import Catalogue, Entry
from lakehouse.refresh.pipeline import Pipeline
from libs.store.conditions import ALWAYS
from libs.store.port import Store
from libs.tables import DOUBLE, STRING, ByJob, Column, Full, Table
from tests.lakehouse.refresh.test_derived import rows_of, run_at
from tests.stores import store_at

SCORES = Table(
    name="gold.scores",
    comment="Scores of users",
    columns=[Column("user_id", STRING, "user"), Column("score", DOUBLE, "score", "rate 0 to 1")],
    primary_key=["user_id"],
    refresh=ByJob("score_model"),
)
HIGH = Table(
    name="gold.high",
    comment="Users with a high score",
    columns=[Column("user_id", STRING, "user")],
    primary_key=["user_id"],
    sources=["gold.scores"],
    refresh=Full(),
)
AS_OF = datetime(2026, 1, 13, tzinfo=UTC)


def high(scores: DataFrame) -> DataFrame:
    return scores.where("score > 0.5").select("user_id")


ENTRIES: Catalogue = {SCORES.name: Entry(SCORES, None), HIGH.name: Entry(HIGH, high)}


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> Store:
    return store_at(str(tmp_path), spark)


def refreshed(store: Store) -> dict[str, str]:
    done = Pipeline(run_at(store, 12), ENTRIES, [], lambda outcome: None).refresh_derived(AS_OF)
    return {outcome.table: outcome.mode for outcome in done}


def test_a_run_leaves_the_rows_to_the_job_and_recomputes_what_depends_on_them(store: Store) -> None:
    assert refreshed(store) == {SCORES.name: "full", HIGH.name: "full"}
    assert (rows_of(store, SCORES.name), rows_of(store, HIGH.name)) == ([], [])
    scored = store.spark.createDataFrame([("a", 0.9), ("b", 0.1)], SCORES.schema)
    store.merge(SCORES, scored, ALWAYS, {})
    assert refreshed(store) == {SCORES.name: "unchanged", HIGH.name: "full"}
    assert rows_of(store, SCORES.name) == [("a", 0.9), ("b", 0.1)]
    assert rows_of(store, HIGH.name) == [("a",)]
    assert refreshed(store) == {SCORES.name: "unchanged", HIGH.name: "unchanged"}
