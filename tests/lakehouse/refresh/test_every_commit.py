"""A run that is killed at any of its commits and repeated leaves the tables of a run that nothing disturbed.

Of a killed run the disk alone is left. What it holds at each commit of one run is kept as that commit would leave it when the kill
came just before it was made: its files are written, and its entry in the log is not.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.contract.loading import load_source
from lakehouse.funnels.declaration import Funnels
from lakehouse.refresh.pipeline import Pipeline
from lakehouse.refresh.run import Outcome, Run
from libs.settings.project import PROJECT_ROOT
from libs.store.native import NativeStore
from libs.store.port import Store
from libs.store.published import Commit, Published
from tests.equal_lakehouses.compare import differences
from tests.lakehouse.refresh.arrivals import Rows, small_shop, write
from tests.lakehouse.refresh.test_items import funnels
from tests.lakehouse.refresh.test_two_sources import made_from

pytestmark = pytest.mark.only_native

# Merged, quarantined, by days, by keys, and by items.
TAKEN = ("users", "orders", "events")
CATALOGUE = made_from("silver.orders", "silver.sessions", "gold.funnel_daily")
WHOLE = load_source(PROJECT_ROOT / "conf" / "sources" / "thelook.yaml")
SOURCE = WHOLE.model_copy(update={"tables": {name: WHOLE.tables[name] for name in TAKEN}})
MOMENT = datetime(2026, 2, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Watched(Published):
    """Tables of which `committed` hears, by name and version, after each commit."""

    committed: Callable[[str, int], None] = field(kw_only=True, compare=False)

    def renew(self, name: str) -> Commit:
        commit = super().renew(name)
        self.committed(name, commit.version)
        return commit


@dataclass(frozen=True)
class Left:
    """What a run leaves on disk that is killed just before it makes this version of the table."""

    table: str
    version: int
    root: Path


def ran(store: Store, data: Path, as_of: datetime, declared: Funnels) -> list[Outcome]:
    """One run, a table after the other."""
    run = Run(store, MOMENT, lambda table, rows: None, declarations={"funnels": declared}, pseudonym_key="key of the test")
    pipeline = Pipeline(run, CATALOGUE, [SOURCE], lambda outcome: None, workers=1)
    return [*pipeline.take(SOURCE, str(data)), *pipeline.refresh_contracted(), *pipeline.refresh_derived(as_of)]


def kept_at_each_commit(root: Path, folder: Path, spark: SparkSession, run: Callable[[Store], object]) -> list[Left]:
    """Have `run` write the lakehouse at `root`, and keep in `folder` what it would leave there, killed at each commit."""
    left: list[Left] = []
    before = set(root.glob("*/*/_delta_log/*.json"))

    def keep(name: str, version: int) -> None:
        kept, entry = folder / str(len(left)), Path(name.replace(".", "/"), "_delta_log", f"{version:020}.json")
        # A table's log is also read again where nothing was written.
        if root / entry not in before:
            before.add(root / entry)
            # No file is written in place: a new one takes its name.
            shutil.copytree(root, kept, copy_function=os.link)
            (kept / entry).unlink()
            left.append(Left(name, version, kept))

    run(replace(NativeStore.at(str(root), spark), published=Watched(str(root), committed=keep)))
    return left


def first_arrival(shop: Rows) -> Rows:
    """Without the users of every second order, nor the later half of the events; an order has an unknown status."""
    late = {order["user_id"] for order in shop["orders"][::2]}
    events = sorted(shop["events"], key=lambda row: row["created_at"])
    orders = [*shop["orders"], shop["orders"][0] | {"order_id": "900001", "status": "lost"}]
    return {
        "users": [user for user in shop["users"] if user["id"] not in late],
        "orders": orders,
        "events": events[: len(events) // 2],
    }


def second_arrival(shop: Rows, first: Rows) -> Rows:
    """What the first lacks, corrections, and rows that break the contract."""
    orders = [shop["orders"][0] | {"status": "Returned"}, shop["orders"][1] | {"order_id": "900002", "status": "lost"}]
    events = [
        *(row for row in shop["events"] if row not in first["events"]),
        shop["events"][0] | {"id": "900001", "created_at": "?"},
    ]
    return {
        "users": [*(row for row in shop["users"] if row not in first["users"]), shop["users"][0] | {"country": "Japan"}],
        "orders": orders,
        "events": events,
    }


@pytest.mark.timeout(1800)
def test_killed_at_any_commit_and_run_again_the_tables_are_those_of_an_undisturbed_run(
    spark: SparkSession, tmp_path: Path
) -> None:
    shop, data, root = small_shop(tmp_path / "export"), tmp_path / "data", tmp_path / "undisturbed"
    first = first_arrival(shop)
    write(data, first, 0)
    ran(NativeStore.at(str(root), spark), data, datetime(2025, 12, 1, tzinfo=UTC), funnels(one={}, two={}))
    write(data, second_arrival(shop, first), 1)

    def again(store: Store) -> list[Outcome]:
        return ran(store, data, datetime(2026, 1, 1, tzinfo=UTC), funnels(one={}, two={"window": "2d"}))

    outcomes: list[Outcome] = []
    left = kept_at_each_commit(root, tmp_path / "killed", spark, lambda store: outcomes.extend(again(store)))

    assert {outcome.mode for outcome in outcomes} == {"append", "merge", "slices", "items", "unchanged"}
    assert {kept.table for kept in left} >= {outcome.table for outcome in outcomes if outcome.mode != "unchanged"}
    for kept in left:
        again(NativeStore.at(str(kept.root), spark))
        assert differences(root, kept.root) == [], f"killed before version {kept.version} of {kept.table}"
    assert {outcome.mode for outcome in again(NativeStore.at(str(root), spark))} == {"unchanged"}
