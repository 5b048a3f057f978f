"""Rejected rows and the fixed rows that replace them, whichever version wrote the hash that names them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.bronze.rows import REPLACES, bronze_table
from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.conform import Rows, conformed
from lakehouse.contract.hashes import fields_of, former_row_hash, row_hash
from lakehouse.contract.loading import load_source
from lakehouse.contract.source import Feed, Source
from lakehouse.refresh import quarantine
from lakehouse.refresh.arrivals import Arrivals
from lakehouse.refresh.fed import feeds_in
from lakehouse.refresh.quarantine import refresh_quarantine, without_replaced
from lakehouse.refresh.run import Outcome, Run
from libs.settings.project import PROJECT_ROOT
from libs.tables import Table
from tests.lakehouse.random_rows import shown
from tests.stores import store_at

SOURCE = load_source(PROJECT_ROOT / "conf" / "sources" / "product_events.yaml")
BRONZE = bronze_table(SOURCE, "events")
MOMENT = datetime(2026, 2, 1, tzinfo=UTC)
HASHES = {"this version's": row_hash, "an earlier version's": former_row_hash}


class Lakehouse:
    """Product events in bronze and in quarantine."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.store, self.spark = store_at(str(folder), spark), spark

    def append(
        self, event_id: str, timestamp: str, replaces: int | None = None, at: datetime = MOMENT, **fields: str | None
    ) -> None:
        """Append a view by ann to bronze."""
        given = {"event_id": event_id, "user_id": "ann", "event_type": "view", "timestamp": timestamp, **fields}
        known = given | {"_source_file": "a.csv", "_ingested_at": at, REPLACES: replaces}
        self.store.append(BRONZE, self.spark.createDataFrame([tuple(known.get(c.name) for c in BRONZE.columns)], BRONZE.schema))

    def refresh(self, key: str = "a key", entities: Sequence[str] = ("events",), silver: Sequence[Outcome] = ()) -> Outcome:
        """Bring quarantine up to date by the feeds of these entities, after what was done to their silver tables."""
        feeds = [fed for fed in feeds_in(self.store, [SOURCE], catalogue()) if fed.entity in entities]
        run = Run(self.store, MOMENT, lambda *_: None, pseudonym_key=key)
        with self.store.staging() as staging:
            return refresh_quarantine(run, feeds, catalogue(), Arrivals(self.store, staging), silver)

    def held(self) -> list[tuple[str]]:
        """Keys of the rows in quarantine."""
        return shown(self.store.read("quarantine.product_events_events"), "key")

    def hash_of(self, event_id: str, hashed: str) -> int:
        """The row's hash."""
        rows = self.store.read(BRONZE.name).where(F.col("event_id") == event_id)
        return int(rows.select(HASHES[hashed](fields_of(rows)).alias("hash")).collect()[0].hash)


def test_a_fixed_row_takes_the_rejected_one_out_of_quarantine_and_out_of_a_rebuilt_one(
    spark: SparkSession, tmp_path: Path
) -> None:
    lakehouse = Lakehouse(spark, tmp_path)
    for event_id in ("1", "2", "3"):
        lakehouse.append(event_id, "noon")
    lakehouse.refresh()
    assert lakehouse.held() == [("pe-1",), ("pe-2",), ("pe-3",)]

    lakehouse.append("1", "2026-01-01 12:00", replaces=lakehouse.hash_of("1", "this version's"))
    lakehouse.refresh()
    assert lakehouse.held() == [("pe-2",), ("pe-3",)]

    # As an earlier version left it: row 2 was fixed, and quarantine, computed in full since, has none of its hashes.
    lakehouse.append("2", "2026-01-01 12:00", replaces=lakehouse.hash_of("2", "an earlier version's"))
    (tmp_path / "quarantine").rename(tmp_path / "away")
    lakehouse = Lakehouse(spark, tmp_path)
    assert not lakehouse.store.exists("quarantine.product_events_events")
    assert lakehouse.refresh().mode == "full"
    assert lakehouse.held() == [("pe-3",)]


def test_each_run_says_why_it_put_rows_into_quarantine(spark: SparkSession, tmp_path: Path) -> None:
    lakehouse = Lakehouse(spark, tmp_path)
    lakehouse.append("1", "noon")
    lakehouse.append("2", "noon")
    lakehouse.append("3", "1815-12-10")
    lakehouse.append("4", "2026-01-01 12:00")
    assert lakehouse.refresh().notes == ["quarantined as events: 2 bad_occurred_at, 1 past"]

    lakehouse.append("5", "2126-01-01", at=MOMENT + timedelta(hours=1))
    assert lakehouse.refresh().notes == ["quarantined as events: 1 future"]
    assert lakehouse.refresh().notes == []


def test_a_run_names_the_currencies_that_no_rate_is_declared_for(spark: SparkSession, tmp_path: Path) -> None:
    lakehouse = Lakehouse(spark, tmp_path)
    for number, currency in enumerate(("JPY", " jpy ", "¥", "USD", None)):
        lakehouse.append(str(number), "2026-01-01 12:00", amount="5", currency=currency)
    lakehouse.append("other", "noon", amount="5", currency="GBP")

    assert lakehouse.refresh().notes == [
        "quarantined as events: 4 no_rate, 1 bad_occurred_at",
        "no rate in rates.csv for the day of 2 rows in JPY, 1 row in GBP, 1 row in ¥",
    ]


@pytest.mark.parametrize(
    ("read_after", "rejected", "asked"),
    [
        (-1, {"events": 2, "users": 0}, {"events"}),
        (-1, {"events": 0, "users": 1}, {"users"}),
        (-1, {"events": 0, "users": 0}, set()),
        (-1, {"events": 2}, {"events", "users"}),
        (0, {"events": 0, "users": 0}, {"events", "users"}),
    ],
)
def test_only_feeds_that_may_have_rejected_a_row_are_asked_which(
    spark: SparkSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    read_after: int,
    rejected: Mapping[str, int],
    asked: set[str],
) -> None:
    lakehouse = Lakehouse(spark, tmp_path)
    lakehouse.append("1", "noon")
    lakehouse.append("2", "noon")
    heard = set()

    def conformed_by(rows: Rows, source: Source, feed: Feed, table: Table, *others: Any, **named: Any) -> DataFrame:
        heard.add(table.name.partition(".")[2])
        return conformed(rows, source, feed, table, *others, **named)

    monkeypatch.setattr(quarantine, "conformed", conformed_by)
    silver = [
        Outcome(f"silver.{entity}", "full", quarantined=count, read_after={BRONZE.name: read_after})
        for entity, count in rejected.items()
    ]
    lakehouse.refresh(entities=("events", "users"), silver=silver)

    assert heard == asked
    of_feeds = {"events": [("pe-1",), ("pe-2",)], "users": [("pe-ann",)] * 2}
    assert lakehouse.held() == [row for feed, rows in of_feeds.items() if feed in asked for row in rows]


@pytest.mark.parametrize("hashed", HASHES)
def test_a_replaced_row_is_told_by_the_hash_of_any_version(spark: SparkSession, hashed: str) -> None:
    names = "a string, b string, _extra string, _malformed string"
    rows = spark.createDataFrame([("x", None, None, None), (None, "x", None, None), ("x", "x", "{}", None)], names)
    replaced = rows.where("a = 'x' and b = 'x'").select(HASHES[hashed](fields_of(rows)).alias("_row_hash"))
    assert _fields(without_replaced(rows, replaced)) == [(None, "x"), ("x", None)]


def _fields(rows: DataFrame) -> list[tuple[str | None, str | None]]:
    return shown(rows, "a", "b")
