"""Chains of events against plain Python, and against ClickHouse's own funnel."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import chdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.funnels.chains import Days, chains
from lakehouse.funnels.declaration import Funnel
from lakehouse.funnels.events import Events
from lakehouse.funnels.ties import tied
from tests.lakehouse.funnels.random_funnels import events_of, funnels
from tests.lakehouse.funnels.slowly import Event, actor_of, counted, counted_together, elapsed, fits, in_order, micros, orders

Row = tuple[tuple[str, str], date, int, list[int | None]]
HOUR = 3_600_000_000
# Up to which event each of three steps waits, by hand: see the cases.
STEPS = [{"name": "a", "event_type": "view"}, {"name": "b", "event_type": "add_to_cart"}, {"name": "c", "event_type": "purchase"}]
LETTERS = {"a": "view", "b": "add_to_cart", "c": "purchase", "x": "cancel", ".": "scroll"}


def fast(funnel: Funnel, events: Sequence[Event], together: Days | None = None) -> list[Row]:
    """Actor, day, entry and times of each chain that `chains` finds."""
    of_actors = {actor: list(own) for actor, own in groupby(_by_actor(funnel, events), key=lambda e: actor_of(funnel, e))}
    rows = [(actor, event) for actor, own in of_actors.items() for event in own]
    at = np.array([micros(event["occurred_at"]) for _, event in rows], dtype=np.int64)
    stops = np.cumsum([len(own) for own in of_actors.values()], dtype=np.int64)
    stop = np.repeat(stops, [len(own) for own in of_actors.values()])
    bits = np.array([sum(fits(p, e) << bit for bit, p in enumerate(funnel.parts)) for _, e in rows], dtype=np.int64)
    numbers = [event.get("sequence_number") for _, event in rows]
    is_numbered = np.array([n is not None for n in numbers], dtype=bool)
    groups = tied(stop, at, is_numbered, np.array([n or 0 for n in numbers], dtype=np.int64))
    found = chains(funnel, Events(at, stop, bits, *groups), together)
    result = []
    for entry, taken in zip(found.entry, found.taken.T, strict=True):
        actor, event = rows[entry]
        assert actor is not None
        times = [None if t < 0 else int(at[t] - at[entry]) for t in taken]
        result.append((actor, event["occurred_at"].date(), micros(event["occurred_at"]), times))
    return sorted(result, key=str)


def _by_actor(funnel: Funnel, events: Sequence[Event]) -> list[Event]:
    known = [event for event in in_order(events) if actor_of(funnel, event) is not None]
    return sorted(known, key=lambda event: str(actor_of(funnel, event)))


def slow(funnel: Funnel, events: Sequence[Event]) -> list[Row]:
    found = counted(funnel, events).items()
    return sorted([(actor, day, micros(c.entry["occurred_at"]), elapsed(c)) for (actor, day), c in found], key=str)


@settings(max_examples=500, deadline=None)
@given(funnel=funnels(), events=events_of(actors=2))
def test_every_kind_of_funnel_finds_what_one_actor_and_entry_at_a_time_finds(funnel: Funnel, events: list[Event]) -> None:
    assert fast(funnel, events) == slow(funnel, events)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), funnel=funnels(), events=events_of(actors=2))
def test_over_a_range_of_days_an_actor_counts_once(data: st.DataObject, funnel: Funnel, events: list[Event]) -> None:
    days = st.sampled_from(sorted({event["occurred_at"].date() for event in events}) or [date(2024, 1, 1)])
    first, last = sorted([data.draw(days), data.draw(days)])
    numbered = Days((first - date(1970, 1, 1)).days, (last - date(1970, 1, 1)).days)
    expected = [
        (actor, c.entry["occurred_at"].date(), micros(c.entry["occurred_at"]), elapsed(c))
        for actor, c in counted_together(funnel, events, first, last).items()
    ]
    assert fast(funnel, events, numbered) == sorted(expected, key=str)


@settings(max_examples=200, deadline=None)
@given(funnel=funnels(order="ordered", exclude=(), reentry="best"), events=events_of(actors=1))
def test_no_other_choice_of_events_would_be_deeper(funnel: Funnel, events: list[Event]) -> None:
    required = funnel.model_copy(update={"steps": tuple(step for step in funnel.steps if not step.optional)})
    for actor, day, _, times in fast(required, events):
        own = [event for event in in_order(events) if actor_of(funnel, event) == actor]
        depths = [
            _deepest(required, order, start)
            for order in orders(required, own)
            for start, event in enumerate(order)
            if event["occurred_at"].date() == day and fits(required.steps[0], event)
        ]
        assert sum(t is not None for t in times) == max(depths)


def _deepest(funnel: Funnel, own: Sequence[Event], start: int) -> int:
    """The length of the longest row of events that fill the first steps, whichever events are chosen."""
    in_time = own[start]["occurred_at"] + funnel.window

    def longest(step: int, after: int) -> int:
        later = [n for n in range(after + 1, len(own)) if own[n]["occurred_at"] <= in_time]
        if step == len(funnel.steps):
            return step
        return max((longest(step + 1, n) for n in later if fits(funnel.steps[step], own[n])), default=step)

    return longest(1, start)


@settings(max_examples=300, deadline=None)
@given(funnel=funnels(order="ordered", exclude=()), events=events_of(actors=2))
def test_optional_steps_change_no_count_of_another_step(funnel: Funnel, events: list[Event]) -> None:
    required = [n for n, step in enumerate(funnel.steps) if not step.optional]
    without = funnel.model_copy(update={"steps": tuple(funnel.steps[n] for n in required)})
    reached = [(actor, day, [times[n] is not None for n in required]) for actor, day, _, times in fast(funnel, events)]
    alone = [(actor, day, [t is not None for t in times]) for actor, day, _, times in fast(without, events)]
    assert sorted(reached, key=str) == sorted(alone, key=str)


# Many at the same second, many far from each other.
moments = st.lists(st.integers(0, 4 * 24 * 3600) | st.integers(0, 9), max_size=40)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), seconds=moments, window=st.sampled_from(["90s", "2h", "24h", "3d"]))
def test_ordered_and_best_count_what_clickhouse_counts(data: st.DataObject, seconds: list[int], window: str) -> None:
    types = data.draw(st.lists(st.sampled_from("aabbbccx"), min_size=len(seconds), max_size=len(seconds)))
    who = data.draw(st.lists(st.sampled_from("12"), min_size=len(seconds), max_size=len(seconds)))
    rows = list(zip(who, sorted(seconds), types, strict=True))
    funnel = Funnel.model_validate({"name": "f", "unit": "user", "window": window, "steps": STEPS})
    start = datetime(2024, 1, 1, tzinfo=UTC)
    events = [
        {"user_id": w, "occurred_at": start + timedelta(seconds=s), "event_type": LETTERS[t], "event_id": str(n)}
        for n, (w, s, t) in enumerate(rows)
    ]
    ours = {
        (actor[1], (day - start.date()).days): sum(t is not None for t in times) for actor, day, _, times in fast(funnel, events)
    }
    assert ours == _in_clickhouse(rows, int(funnel.window.total_seconds()))


def _in_clickhouse(rows: Sequence[tuple[str, int, str]], window: int) -> dict[tuple[str, int], int]:
    """Actor and number of the day to the depth of the deepest chain that starts on the day."""
    if not rows:
        return {}
    values = ", ".join(f"('{who}', {at}, '{kind}')" for who, at, kind in rows)
    steps = "type = 'a' and intDiv(at, 86400) = day, type = 'b', type = 'c'"
    answer = chdb.query(
        f"""select who, day, windowFunnel({window})(toUInt64(at), {steps}) as depth
            from values('who String, at UInt32, type String', {values}) events cross join (select number as day from numbers(5)) days
            group by who, day having depth > 0""",
        "CSV",
    )
    lines = [line.split(",") for line in str(answer).splitlines()]
    return {(who.strip('"'), int(day)): int(depth) for who, day, depth in lines}


# What happens at hours 0, 1, 2, ... and the hours at which the steps a, b, c (or, in any order, so many of them) are reached.
CASES = [
    ("ordered", "abc", [0, 1, 2]),
    ("ordered", "a.b.c", [0, 2, 4]),
    ("ordered", "acb", [0, 2, None]),
    ("ordered", "aabc", [0, 2, 3]),
    ("ordered", "bca", [2, None, None]),
    ("ordered", "a....bc", [0, 5, 6]),
    ("ordered", "a.....bc", [0, 6, None]),
    ("ordered", "abxc", [0, 1, None]),
    ("ordered", "axbc", [0, None, None]),
    ("ordered", "axabc", [2, 3, 4]),
    ("ordered", "abcx", [0, 1, 2]),
    ("strict", "abc", [0, 1, 2]),
    ("strict", "ab.c", [0, 1, None]),
    ("strict", "aabc", [1, 2, 3]),
    ("strict", "a.abc", [2, 3, 4]),
    ("any", "cba", [0, 1, 2]),
    ("any", "b..ba", [0, 4, None]),
    ("any", "cccc", [0, None, None]),
    ("any", "c......ab", [7, 8, None]),
    ("any", "cxab", [2, 3, None]),
]


@pytest.mark.parametrize(("order", "happened", "hours"), CASES)
def test_shown_chains(order: str, happened: str, hours: list[int | None]) -> None:
    exclude = [{"event_type": "cancel", "between": ["a", "c"]}]
    declared = {"name": "f", "unit": "user", "window": "6h", "order": order, "steps": STEPS, "exclude": exclude}
    assert _hours(Funnel.model_validate(declared), happened) == hours


@pytest.mark.parametrize(
    ("order", "happened", "hours"),
    [
        ("ordered", "abc", [0, 1, 2]),
        ("ordered", "ac", [0, None, 1]),
        ("ordered", "acb", [0, None, 1]),
        ("strict", "ac", [0, None, 1]),
        ("strict", "a.c", [0, None, None]),
        ("strict", "abc", [0, 1, 2]),
    ],
)
def test_an_optional_step_may_be_left_out(order: str, happened: str, hours: list[int | None]) -> None:
    steps = [STEPS[0], {**STEPS[1], "optional": True}, STEPS[2]]
    funnel = Funnel.model_validate({"name": "f", "unit": "user", "window": "6h", "order": order, "steps": steps})
    assert _hours(funnel, happened) == hours


def test_an_optional_step_takes_no_event_of_the_next_actor() -> None:
    steps = [STEPS[0], *({**step, "optional": True} for step in STEPS[1:])]
    funnel = Funnel.model_validate({"name": "f", "unit": "user", "window": "6h", "order": "ordered", "steps": steps})
    # An actor does a and c, the next one a and b.
    events = Events(np.arange(4), np.array([2, 2, 4, 4]), np.array([0b001, 0b100, 0b001, 0b010]), np.arange(4), np.zeros(4, int))

    assert chains(funnel, events).taken.T.tolist() == [[0, -1, 1], [2, 3, -1]]


def test_an_optional_step_leaves_an_event_that_fits_both_to_the_next_step_that_is_not_optional() -> None:
    steps = [STEPS[0], {**STEPS[1], "optional": True}, {**STEPS[1], "name": "c"}]
    for order in ("ordered", "strict"):
        funnel = Funnel.model_validate({"name": "f", "unit": "user", "window": "6h", "order": order, "steps": steps})
        assert _hours(funnel, "ab") == _hours(funnel, "abb") == [0, None, 1]


def test_a_chain_with_more_steps_that_are_not_optional_is_deeper() -> None:
    more = [{"name": "d", "event_type": "scroll", "optional": True}]
    steps = [STEPS[0], {**STEPS[1], "optional": True}, *more, STEPS[2]]
    funnel = Funnel.model_validate({"name": "f", "unit": "user", "window": "2h", "steps": steps})
    assert _hours(funnel, "a.cab.") == [0, None, 1, 2]
    assert _hours(funnel, "abcab.") == [0, 1, None, 2]
    assert _hours(funnel, "accab.") == [0, None, None, 1]


def test_only_the_first_entry_counts_where_declared() -> None:
    declared = {"name": "f", "unit": "user", "window": "2h", "reentry": "first", "steps": STEPS}
    assert _hours(Funnel.model_validate(declared), "a..abc") == [0, None, None]
    assert _hours(Funnel.model_validate(declared | {"reentry": "best"}), "a..abc") == [3, 4, 5]


def _hours(funnel: Funnel, happened: str) -> list[int | None]:
    """The hours at which the steps were reached, of the one actor and day."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    at = [start + timedelta(hours=hour) for hour in range(len(happened))]
    events = [{"user_id": "1", "event_type": LETTERS[c], "occurred_at": t} for c, t in zip(happened, at, strict=True)]
    [(_, _, entry, times)] = fast(funnel, events)
    return [None if time is None else (entry + time - micros(start)) // HOUR for time in times]


def test_of_two_alike_events_of_one_moment_the_first_entry_has_the_other_behind_it() -> None:
    """In strict order nothing may be between two steps: the chain of the first entry ends, whichever of the two it is."""
    steps = [
        {"name": "one", "event_type": "add_to_cart"},
        {"name": "two", "event_type": "add_to_cart", "where": "amount > 0"},
    ]
    asked = {"name": "f", "unit": "user", "window": "2h", "order": "strict", "steps": steps}
    at = datetime(2024, 1, 2, 13, tzinfo=UTC)
    event = {"user_id": "u", "event_type": "add_to_cart", "amount": None, "occurred_at": at, "sequence_number": 1}
    events = [{**event, "event_id": "1"}, {**event, "event_id": "2"}]
    events.append({**event, "event_id": "3", "amount": 1, "occurred_at": at + timedelta(hours=1), "sequence_number": None})
    first, best = (Funnel.model_validate({**asked, "reentry": reentry}) for reentry in ("first", "best"))
    assert [times for *_, times in fast(first, events)] == [[0, None]]
    assert [times for *_, times in fast(best, events)] == [[0, HOUR]]
