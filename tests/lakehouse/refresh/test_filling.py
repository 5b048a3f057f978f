"""Tables that jobs fill: rows are checked, only what differs is written, and nothing where nothing does."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from lakehouse.refresh.by_job import Filling
from lakehouse.refresh.checks import Checks
from lakehouse.refresh.run import Run
from libs.store.conditions import Column as Named
from libs.store.conditions import Equal
from libs.store.port import Store
from libs.tables import DOUBLE, STRING, ByJob, Column, Table, TableError, fail
from tests.stores import store_at

SCORES = Table(
    name="gold.scores",
    comment="Scores of users",
    columns=[Column("user_id", STRING, "user"), Column("day", STRING, "day"), Column("score", DOUBLE, "score", "rate 0 to 1")],
    primary_key=["user_id", "day"],
    refresh=ByJob("score_model"),
    expectations=[fail("score between 0 and 1")],
)
MONDAY = Equal(Named("day"), "mon")
Opened = Callable[[], AbstractContextManager[Filling]]


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> Store:
    return store_at(str(tmp_path), spark)


@pytest.fixture
def opened(store: Store) -> Opened:
    @contextmanager
    def opened() -> Iterator[Filling]:
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        with Checks("run", moment) as checks:
            yield Filling(Run(store, moment, checks.enforce), checks, lambda line: None, lambda outcome: None)

    return opened


def filled(opened: Opened, *rows: tuple[str, str, float | None]) -> tuple[str, int]:
    with opened() as filling:
        frame = filling.store.spark.createDataFrame(list(rows), SCORES.schema)
        outcome = filling.publish(SCORES, frame, MONDAY, model="7")
    return outcome.mode, outcome.rows_out


def held(store: Store) -> list[tuple[object, ...]]:
    return sorted(tuple(row) for row in store.read("gold.scores").collect())


@pytest.mark.both_engines
def test_only_what_differs_within_the_scope_is_written(opened: Opened, store: Store) -> None:
    tuesday = ("a", "tue", 0.5)
    assert filled(opened, ("a", "mon", 0.1), ("b", "mon", 0.2), ("c", "mon", None), tuesday) == ("full", 4)
    version = store.version("gold.scores")

    assert filled(opened, ("a", "mon", 0.1), ("b", "mon", 0.2), ("c", "mon", None)) == ("unchanged", 0)
    assert store.version("gold.scores") == version

    assert filled(opened, ("a", "mon", 0.1), ("c", "mon", 0.3), ("d", "mon", 0.4)) == ("merge", 3)
    assert held(store) == [("a", "mon", 0.1), ("a", "tue", 0.5), ("c", "mon", 0.3), ("d", "mon", 0.4)]
    assert store.last_commit("gold.scores").state == {"sources": {}, "model": "7"}


@pytest.mark.both_engines
def test_arrow_is_published_also_without_rows(opened: Opened, store: Store) -> None:
    types = {"user_id": pa.string(), "day": pa.string(), "score": pa.float64()}
    for rows in ([], [{"user_id": "a", "day": "mon", "score": 0.1}], []):
        with opened() as filling:
            filling.publish(SCORES, pa.Table.from_pylist(rows, schema=pa.schema(types)))
        assert held(store) == [tuple(row.values()) for row in rows]


@pytest.mark.both_engines
def test_a_table_whose_columns_were_others_is_written_whole_and_keeps_the_rows_outside_the_scope(
    opened: Opened, store: Store
) -> None:
    filled(opened, ("a", "mon", 0.1), ("a", "tue", 0.2))
    more = replace(SCORES, columns=[*SCORES.columns, Column("reason", STRING, "why")])
    with opened() as filling:
        rows = store.spark.createDataFrame([("b", "mon", 0.3, "new")], more.schema)
        assert filling.publish(more, rows, MONDAY).mode == "full"
        assert filling.publish(more, rows, MONDAY).mode == "unchanged"

    assert held(store) == [("a", "tue", 0.2, None), ("b", "mon", 0.3, "new")]


def test_rows_that_break_an_expectation_are_not_published(opened: Opened, store: Store) -> None:
    filled(opened, ("a", "mon", 0.1))
    with pytest.raises(TableError, match="score between 0 and 1"):
        filled(opened, ("a", "mon", 0.2), ("b", "mon", 1.5))
    assert held(store) == [("a", "mon", 0.1)]


def test_a_table_other_than_declared_is_refused(opened: Opened) -> None:
    with opened() as filling, pytest.raises(TableError, match="column score is"):
        frame = filling.store.spark.createDataFrame([("a", "mon", "0.1")], "user_id string, day string, score string")
        filling.publish(replace(SCORES, name="gold.others"), frame)
