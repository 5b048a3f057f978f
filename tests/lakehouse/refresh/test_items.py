"""A changed funnel recomputes its own rows alone, and what is there then is what a rebuild gives."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from lakehouse.catalogue.discovery import catalogue
from lakehouse.funnels.declaration import Funnels
from lakehouse.refresh.derived import refresh_derived
from lakehouse.refresh.run import Outcome, Run
from lakehouse.silver import events
from libs.store.port import Store
from libs.store.staged import Staged
from libs.tables import Table
from tests.lakehouse.random_rows import Row, at, frame, random_silver
from tests.stores import store_at

TABLE = "gold.funnel_daily"
ROWS = sorted(random_silver(7)["events"], key=lambda row: str(row["occurred_at"]))
VIEW, CART, PURCHASE = ({"name": name, "event_type": name} for name in ("view", "add_to_cart", "purchase"))


def funnels(**declared: dict[str, Any]) -> Funnels:
    """Each funnel by its name: views, then carts, within a week, unless it says otherwise."""
    usual = {"unit": "user", "window": "7d", "steps": [VIEW, CART]}
    return Funnels.model_validate({"funnels": [{"name": name, **usual, **given} for name, given in declared.items()]})


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> Store:
    made = store_at(str(tmp_path), spark)
    made.overwrite(events.TABLE, frame(spark, events.TABLE, *ROWS[: len(ROWS) // 2]), {})
    return made


def refreshed(store: Store, declared: Funnels, as_of: str = "2024-02-20 12:00") -> Outcome:
    run = Run(store, datetime.now(UTC), lambda table, staged: None, at(as_of), {"funnels": declared})
    return refresh_derived(run, catalogue()[TABLE], catalogue())


def rows_of(store: Store) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in store.read(TABLE).collect())


def rebuilt(store: Store, declared: Funnels, folder: Path, as_of: str = "2024-02-20 12:00") -> list[tuple[Any, ...]]:
    fresh = store_at(str(folder), store.spark)
    fresh.overwrite(events.TABLE, store.read(events.TABLE.name), {})
    refreshed(fresh, declared, as_of)
    return rows_of(fresh)


def funnels_written(store: Store) -> set[str]:
    version = store.version(TABLE)
    return {row.funnel for row in store.changes(TABLE, version - 1, version).select("funnel").distinct().collect()}


def test_a_changed_funnel_recomputes_its_own_rows_alone(store: Store, tmp_path: Path) -> None:
    refreshed(store, funnels(one={}, two={}))
    changed = funnels(one={}, two={"steps": [VIEW, PURCHASE]})
    assert refreshed(store, changed).mode == "items"
    assert funnels_written(store) == {"two"}
    assert rows_of(store) == rebuilt(store, changed, tmp_path / "rebuilt")
    assert refreshed(store, changed).mode == "unchanged"


def test_an_added_funnel_computes_its_rows_and_a_removed_one_loses_them(store: Store, tmp_path: Path) -> None:
    refreshed(store, funnels(one={}, two={}))
    other = funnels(one={}, three={"window": "2d"})
    assert refreshed(store, other).mode == "items"
    assert funnels_written(store) == {"two", "three"}
    assert rows_of(store) == rebuilt(store, other, tmp_path / "rebuilt")


def test_funnels_in_another_order_recompute_nothing(store: Store) -> None:
    refreshed(store, funnels(one={}, two={"window": "2d"}))
    assert refreshed(store, funnels(two={"window": "2d"}, one={})).mode == "unchanged"


STEPS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["one", "two", "three"]), st.sampled_from(["1d", "3d", "9d"]), min_size=1),
        st.integers(0, 5),
        st.sampled_from(["2024-01-20", "2024-02-01 12:00", "2024-02-20"]),
    ),
    min_size=2,
    max_size=3,
)


@pytest.mark.timeout(1800)
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_any_change_of_funnels_events_and_moment_equals_a_rebuild(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[dict[str, str], int, str]]
) -> None:
    made = store_at(str(tmp_path_factory.mktemp("items")), spark)
    taken = 0
    for windows, share, as_of in steps:
        new: list[Row] = ROWS[taken : taken + len(ROWS) * share // 10]
        taken += len(new)
        made.append(events.TABLE, frame(spark, events.TABLE, *new))
        declared = funnels(**{name: {"window": window} for name, window in windows.items()})
        refreshed(made, declared, as_of)
    assert rows_of(made) == rebuilt(made, declared, tmp_path_factory.mktemp("rebuilt"), as_of)


def test_a_run_that_ends_after_following_the_events_recomputes_the_changed_funnel(store: Store, tmp_path: Path) -> None:
    refreshed(store, funnels(one={}, two={}))
    store.append(events.TABLE, frame(store.spark, events.TABLE, *ROWS[len(ROWS) // 2 :]))
    changed = funnels(one={}, two={"window": "2d"})
    writes: list[Table] = []

    def stop_at_the_second(table: Table, staged: Staged) -> None:
        writes.append(table)
        if len(writes) == 2:
            raise KeyboardInterrupt

    run = Run(store, datetime.now(UTC), stop_at_the_second, at("2024-02-20 12:00"), {"funnels": changed})
    with pytest.raises(KeyboardInterrupt):
        refresh_derived(run, catalogue()[TABLE], catalogue())
    assert refreshed(store, changed).mode == "items"
    assert rows_of(store) == rebuilt(store, changed, tmp_path / "rebuilt")
