"""Feeds that read the same rows share what every one of them says of these."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.bronze.ingest import ingest
from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.conform import conform, conformed
from lakehouse.contract.loading import load_sources
from lakehouse.refresh.arrivals import Arrivals
from lakehouse.refresh.fed import feeds_in
from libs.settings.project import PROJECT_ROOT
from libs.store.port import Store
from tests.lakehouse.random_rows import shown
from tests.stores import store_at

pytestmark = pytest.mark.both_engines

MOMENT = datetime(2026, 1, 2, tzinfo=UTC)
SOURCE = load_sources([PROJECT_ROOT / "conf" / "sources" / "product_events.yaml"])["product_events"]
BRONZE = "bronze.product_events_events"
HEADER = "event_id,user_id,event_type,timestamp,amount"


class Reads:
    """The store, whose reads of versions are counted."""

    def __init__(self, store: Store) -> None:
        self._store, self.read_versions = store, 0

    def read(self, name: str, version: int | None = None) -> DataFrame:
        """As the store."""
        self.read_versions += 1
        return self._store.read(name, version)

    def changes(self, name: str, after: int, until: int) -> DataFrame:
        """As the store."""
        return self._store.changes(name, after, until)


def test_rows_that_several_feeds_read_are_judged_once_and_each_feed_has_the_rows_that_it_has_alone(
    spark: SparkSession, tmp_path: Path
) -> None:
    store = store_at(str(tmp_path / "tables"), spark)
    (tmp_path / "data").mkdir()
    rows = [
        "1,ann,purchase,2026-01-01 10:00:00,5",
        "2,bob,purchase,2026-01-01 10:00:00,five",
        "3,cat,view,soon,",
        "4,dan,view,2026-01-01,",
    ]
    (tmp_path / "data" / "product_events.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    ingest(store, SOURCE, "events", tmp_path / "data", MOMENT)
    first = store.version(BRONZE)
    (tmp_path / "data" / "product_events-2.csv").write_text(f"{HEADER}\n5,eve,purchase,2026-01-01 10:00:00,7\n")
    ingest(store, SOURCE, "events", tmp_path / "data", MOMENT)
    newest, feeds = store.version(BRONZE), feeds_in(store, [SOURCE], catalogue())
    tables = {fed.entity: catalogue()[f"silver.{fed.entity}"].table for fed in feeds}
    reads = Reads(store)

    with store.staging() as staging:
        arrivals = Arrivals(reads, staging)  # type: ignore[arg-type]
        for after in (None, first):
            bronze = store.read(BRONZE, newest) if after is None else store.read(BRONZE, newest).where("event_id = '5'")
            for fed in feeds:
                table = tables[fed.entity]
                shared = conformed(arrivals.rows(fed, table, after, newest), SOURCE, fed.feed, table, "key")
                alone = conform(bronze, SOURCE, fed.feed, table, "key", others=fed.others)
                assert shown(shared, *shared.columns) == shown(alone, *shared.columns), fed.entity
        valid = conformed(arrivals.rows(feeds[1], tables["users"], None, newest), SOURCE, feeds[1].feed, tables["users"], "key")
        assert sorted(row.user_id for row in valid.where("size(_reasons) = 0").collect()) == ["pe-ann", "pe-dan", "pe-eve"]
    assert [fed.entity for fed in feeds] == ["events", "users", "orders", "order_items"]
    assert reads.read_versions == 1


def test_without_other_feeds_nothing_is_staged(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_at(str(tmp_path / "tables"), spark)
    thelook = load_sources([PROJECT_ROOT / "conf" / "sources" / "thelook.yaml"])["thelook"]
    (tmp_path / "distribution_centers.csv").write_text("id,name,latitude,longitude\n1,Memphis,35.1,-89.9\n")
    ingest(store, thelook, "distribution_centers", tmp_path, MOMENT)
    (fed,) = feeds_in(store, [thelook], catalogue())
    with store.staging() as staging:
        monkeypatch.setattr(staging, "keep", None)
        rows = Arrivals(store, staging).rows(
            fed, catalogue()["silver.distribution_centers"].table, None, store.version(fed.bronze)
        )
    assert rows.frame.count() == 1
