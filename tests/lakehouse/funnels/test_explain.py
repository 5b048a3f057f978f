"""The actors behind a number of gold.funnel_daily: as many as the number, and the right ones."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.catalogue.discovery import catalogue
from lakehouse.funnels.declaration import Funnel, Funnels, load_funnels
from lakehouse.funnels.explain import EVENTS, TABLE, Counted, Entries, funnel_named, step_position, steps
from lakehouse.funnels.explain import counted as explained
from lakehouse.refresh.derived import refresh_derived
from lakehouse.refresh.inputs import current_state
from lakehouse.refresh.run import Run
from lakehouse.silver import events
from libs.errors import InputError
from libs.settings.project import PROJECT_ROOT
from libs.store.port import Store
from tests.lakehouse.funnels.slowly import counted, counted_together
from tests.lakehouse.random_rows import Row, at, event, frame, random_silver
from tests.stores import store_at

FUNNELS = load_funnels(PROJECT_ROOT / "conf" / "funnels.yaml")
AS_OF = at("2024-02-20 12:00")
ROWS = random_silver(5)["events"]


@pytest.fixture(scope="module")
def store(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A table made from random events, and later events that it has not seen."""
    made = store_at(str(tmp_path_factory.mktemp("explained")), spark)
    made.overwrite(events.TABLE, frame(spark, events.TABLE, *ROWS), {})
    run = Run(made, datetime.now(UTC), lambda table, rows: None, AS_OF, {"funnels": FUNNELS})
    refresh_derived(run, catalogue()[TABLE], catalogue())
    made.append(events.TABLE, frame(spark, events.TABLE, *_unseen()), {})
    return made


def _unseen() -> list[Row]:
    days = {row["occurred_at"].date() for row in ROWS}
    return [event(f"{day} 00:00", user_id="unseen", session_id="unseen", event_id=f"unseen {day}") for day in days]


def test_the_actors_are_those_that_the_number_counts(store: Store) -> None:
    seen = [row for row in ROWS if row["occurred_at"] < AS_OF]
    numbers = _numbers(store)
    checked = 0
    for funnel in FUNNELS.funnels:
        chains = counted(funnel, seen)
        busiest = max({day for _, day in chains}, key=lambda day: numbers[funnel.name, day, len(funnel.steps)])
        for position in range(len(funnel.steps)):
            found = actors(store, funnel, (busiest, busiest), position)
            reached = {a: c for (a, day), c in chains.items() if day == busiest and c.steps[position] is not None}
            assert len(found) == numbers[funnel.name, busiest, position + 1] == len(reached)
            assert {(one.kind, one.actor): one.entered_at for one in found} == {
                a: c.entry["occurred_at"] for a, c in reached.items()
            }
            checked += len(found)
    assert checked > 20


def entries_by_table(store: Store, funnels: Funnels, funnel: Funnel, first: date, last: date) -> Entries:
    state = current_state(store, catalogue()[TABLE], {"funnels": funnels})
    assert state.as_of is not None
    return Entries(store, state.consumed[EVENTS].version, state.as_of, funnel, first, last)


def actors(store: Store, funnel: Funnel, days: tuple[date, date], position: int) -> list[Counted]:
    return explained(entries_by_table(store, FUNNELS, funnel, *days), position)


def test_over_a_range_of_days_each_actor_counts_once(store: Store) -> None:
    seen = [row for row in ROWS if row["occurred_at"] < AS_OF]
    purchase = FUNNELS.funnels[0]
    days = sorted({row["occurred_at"].date() for row in seen})
    first, last = days[len(days) // 4], days[-len(days) // 4]
    expected = counted_together(purchase, seen, first, last)
    entries = entries_by_table(store, FUNNELS, purchase, first, last)
    found = steps(entries)
    reached = [[c for c in expected.values() if c.steps[n] is not None] for n in range(len(purchase.steps))]
    assert [(s.step, s.entrants, s.converted) for s in found] == [
        (name, len(expected), len(chains)) for name, chains in zip(purchase.row_names, reached, strict=True)
    ]
    assert 0 < len(expected) < sum(first <= day <= last for _, day in counted(purchase, seen))
    assert {(one.kind, one.actor) for one in explained(entries, 1)} == {a for a, c in expected.items() if c.steps[1] is not None}
    nobody = entries_by_table(store, FUNNELS, purchase, date(1999, 1, 1), date(1999, 1, 2))
    assert (steps(nobody), nobody.is_mature, entries.is_mature) == ([], True, last <= date(2024, 2, 12))


def _numbers(store: Store) -> Mapping[tuple[str, date, int], int]:
    rows: dict[tuple[Any, ...], int] = defaultdict(int)
    for row in store.read(TABLE).where("breakdown = 'all'").collect():
        rows[row.funnel, row.entry_date, row.step_number] = row.converted
    return rows


def test_a_table_that_other_declarations_made_is_not_explained(store: Store) -> None:
    longer = FUNNELS.funnels[0].model_copy(update={"reentry": "first"})
    changed = Funnels(funnels=(longer, *FUNNELS.funnels[1:]))
    with pytest.raises(InputError, match="made with other declarations or code"):
        entries_by_table(store, changed, longer, date(2024, 1, 1), date(2024, 1, 1))


def test_a_table_that_is_not_made_is_not_explained(store: Store, tmp_path: object) -> None:
    empty = store_at(str(tmp_path), store.spark)
    with pytest.raises(InputError, match="does not exist yet"):
        entries_by_table(empty, FUNNELS, FUNNELS.funnels[0], date(2024, 1, 1), date(2024, 1, 1))


def test_an_unknown_name_is_reported_with_the_nearest_ones() -> None:
    with pytest.raises(InputError, match=r"^funnel purchse: not declared; did you mean purchase"):
        funnel_named(FUNNELS, "purchse")
    with pytest.raises(InputError, match=r"^funnel x: not declared; did you mean nothing: none is declared\?$"):
        funnel_named(Funnels(), "x")
    with pytest.raises(InputError, match=r"^step of funnel purchase bouhgt: not declared; did you mean bought\?$"):
        step_position(FUNNELS.funnels[0], "bouhgt")


def test_a_step_is_named_or_numbered_from_one() -> None:
    purchase = funnel_named(FUNNELS, "purchase")
    assert [step_position(purchase, step) for step in ("viewed", "3", "1")] == [0, 2, 0]
    with pytest.raises(InputError, match="step of funnel purchase 4"):
        step_position(purchase, "4")
