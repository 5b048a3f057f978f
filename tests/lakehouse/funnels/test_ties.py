"""Events at one moment whose order nobody gave: they count in the order that lets a chain go furthest."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.funnels.declaration import Funnel
from lakehouse.funnels.ties import tied
from tests.lakehouse.funnels.random_funnels import FIRST, TYPES, funnels
from tests.lakehouse.funnels.slowly import Event
from tests.lakehouse.funnels.test_chains import HOUR, fast, slow

STEPS = [{"name": n, "event_type": t} for n, t in (("a", "view"), ("b", "add_to_cart"), ("c", "purchase"))]
LETTERS = {"a": "view", "b": "add_to_cart", "c": "purchase", "x": "cancel", ".": "scroll"}


def dense() -> st.SearchStrategy[list[Event]]:
    """Few events of one user at few moments, with sequence numbers now and then."""
    event = st.fixed_dictionaries(
        {
            "user_id": st.just("1"),
            "event_type": st.sampled_from([*TYPES, *TYPES, "cancel", "cancel", "scroll"]),
            "amount": st.sampled_from([None, 1]),
            "device": st.sampled_from(["Chrome", None]),
            "product_id": st.sampled_from(["p", None]),
            "occurred_at": st.sampled_from([0, 1, 2, 30]).map(lambda hours: FIRST + timedelta(hours=hours)),
            "sequence_number": st.sampled_from([None, None, None, 1, 2]),
        }
    )
    return st.lists(event, min_size=2, max_size=7).map(lambda found: [{**e, "event_id": f"{n:03}"} for n, e in enumerate(found)])


@settings(max_examples=1500, deadline=None)
@given(funnel=funnels(), events=dense())
def test_of_all_orders_of_tied_events_the_one_counts_that_goes_furthest(funnel: Funnel, events: list[Event]) -> None:
    assert fast(funnel, events) == slow(funnel, events)


@settings(max_examples=500, deadline=None)
@given(funnel=funnels(), events=dense(), other=st.randoms())
def test_names_of_events_decide_nothing(funnel: Funnel, events: list[Event], other: Any) -> None:
    """How deep chains are; which of two equally deep entries gives its breakdown, the least id decides."""
    names = [event["event_id"] for event in events]
    other.shuffle(names)
    renamed = [{**event, "event_id": name} for event, name in zip(events, names, strict=True)]
    assert _depths(funnel, events) == _depths(funnel, renamed)


def _depths(funnel: Funnel, events: Sequence[Event]) -> list[object]:
    return [(actor, day, entered, sum(t is not None for t in times)) for actor, day, entered, times in fast(funnel, events)]


# Letters in brackets are at one moment, the others an hour after what is before them; the hours at which a, b, c are reached.
CASES = [
    ("ordered", "[cba]", [0, 0, 0]),
    ("ordered", "[ba]c", [0, 0, 1]),
    ("ordered", "a[cb]", [0, 1, 1]),
    ("ordered", "[cb]a", [1, None, None]),
    ("ordered", "a[bb]", [0, 1, None]),
    # An exclusion's event of the same moment is before a or behind c, where it can be.
    ("ordered", "[xcba]", [0, 0, 0]),
    ("ordered", "a[xcb]", [0, 1, 1]),
    ("ordered", "[ax]bc", [0, 1, 2]),
    ("ordered", "a[bx]c", [0, 1, None]),
    ("ordered", "axbc", [0, None, None]),
    # What is not of the funnel is before or behind what is strictly in order, if all else is.
    ("strict", "[.ba]c", [0, 0, 1]),
    ("strict", "a[b.]c", [0, 1, None]),
    ("strict", "a[cb]", [0, 1, 1]),
    ("strict", "[a.]bc", [0, 1, 2]),
    ("any", "[xcba]", [0, 0, 0]),
    ("any", "b[xca]", [0, 1, 1]),
    ("any", "[bx]c.a", [0, 1, 3]),
    ("any", "b[cx]a", [0, 1, 2]),
    ("any", "b[ax]c", [0, 1, 2]),
    ("any", "a[bx]c", [0, 1, None]),
]


@pytest.mark.parametrize("reentry", ["best", "first"])
@pytest.mark.parametrize(("order", "happened", "hours"), CASES)
def test_shown_chains(order: str, happened: str, hours: list[int | None], reentry: str) -> None:
    # In any order, from the first of any two steps on; in theirs, from a to c.
    exclude = [{"event_type": "cancel", "between": ["a", "c"]}]
    declared = {
        "name": "f",
        "unit": "user",
        "window": "6h",
        "order": order,
        "reentry": reentry,
        "steps": STEPS,
        "exclude": exclude,
    }
    assert _hours(Funnel.model_validate(declared), happened) == hours


def test_an_entry_that_is_left_out_may_let_a_chain_go_further() -> None:
    """b before a: its exclusion is not begun by it, and the later b counts."""
    declared = {
        "name": "f",
        "unit": "user",
        "window": "6h",
        "steps": STEPS,
        "exclude": [{"event_type": "cancel", "between": ["b", "c"]}],
    }
    assert _hours(Funnel.model_validate(declared), "[ab]xbc") == [0, 2, 3]


def test_the_source_s_sequence_numbers_stand() -> None:
    funnel = Funnel.model_validate({"name": "f", "unit": "user", "window": "6h", "steps": STEPS})
    events = [{"user_id": "1", "event_type": LETTERS[c], "occurred_at": FIRST} for c in "cba"]
    numbered = [{**event, "sequence_number": n} for n, event in enumerate(events)]
    alike = [{**event, "sequence_number": 7} for event in events]
    assert [t is not None for t in fast(funnel, numbered)[0][3]] == [True, False, False]
    assert [t is not None for t in fast(funnel, alike)[0][3]] == [True, True, True]


def test_the_earliest_of_equally_deep_chains_counts() -> None:
    """The cart of the view's own moment, not the later one."""
    steps = [STEPS[0], {**STEPS[1], "where": "amount > 0"}]
    funnel = Funnel.model_validate({"name": "f", "unit": "user", "window": "6h", "steps": steps})
    later = FIRST + timedelta(hours=1)
    events = [
        {"user_id": "1", "event_type": "view", "occurred_at": FIRST, "event_id": "a"},
        {"user_id": "1", "event_type": "add_to_cart", "occurred_at": FIRST, "event_id": "b", "amount": 1},
        {"user_id": "1", "event_type": "add_to_cart", "occurred_at": later, "event_id": "c", "amount": 1},
    ]
    assert fast(funnel, events)[0][3] == [0, 0]


def test_of_equally_deep_chains_the_one_counts_whose_required_steps_are_earlier() -> None:
    """The cart of the view's own moment, although behind the later view, an optional step, the later cart would be as deep."""
    optional = [{"name": name, "event_type": "view", "optional": True} for name in ("again", "back")]
    steps = [STEPS[0], optional[0], STEPS[1], optional[1]]
    funnel = Funnel.model_validate({"name": "f", "unit": "user", "window": "6h", "steps": steps})
    assert _hours(funnel, "[ab][ab]") == [0, None, 0, 1]


def test_events_without_a_number_may_stand_anywhere_among_those_that_have_one() -> None:
    """A purchase that a server told, without a number, in the second of a view and a cart that a client numbered."""
    funnel = Funnel.model_validate({"name": "f", "unit": "user", "window": "6h", "steps": STEPS})

    def reached(*happened: tuple[str, int | None]) -> int:
        events = [
            {"user_id": "1", "event_type": LETTERS[letter], "occurred_at": FIRST, "sequence_number": number, "event_id": str(n)}
            for n, (letter, number) in enumerate(happened)
        ]
        return sum(time is not None for time in fast(funnel, events)[0][3])

    assert reached(("a", 1), ("b", 2), ("c", None)) == 3
    assert reached(("a", None), ("b", 7), ("c", 8)) == 3
    assert reached(("a", 1), ("b", None), ("c", 2)) == 3
    assert reached(("a", 2), ("b", None), ("c", 1)) == 2
    assert reached(("a", None), ("b", 2), ("c", 1)) == 2


def test_events_of_an_actor_and_moment_are_tied_or_of_a_number_where_all_have_one() -> None:
    stop, at = np.array([3, 3, 3, 5, 5, 10, 10, 10, 10, 10]), np.array([1, 1, 1, 1, 2, 3, 3, 3, 3, 3])
    number = np.array([0, 0, 4, 4, 4, 1, 2, 2, 5, 5])
    is_numbered = np.array([0, 0, 1, 1, 1, 1, 1, 1, 1, 1], dtype=bool)
    tie, rank = tied(stop, at, is_numbered, number)
    assert tie.tolist() == [0, 0, 0, 1, 2, 3, 4, 4, 5, 5]
    assert rank.tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    is_numbered[5:7], number[5:7] = False, 0
    tie, rank = tied(stop, at, is_numbered, number)
    assert tie.tolist() == [0, 0, 0, 1, 2, 3, 3, 3, 3, 3]
    assert rank.tolist() == [0, 0, 1, 0, 0, 0, 0, 1, 2, 2]
    assert [groups.tolist() for groups in tied(stop[:0], at[:0], is_numbered[:0], number[:0])] == [[], []]


def _hours(funnel: Funnel, happened: str) -> list[int | None]:
    events: list[Event] = []
    hour, is_open = -1, False
    for letter in happened:
        if letter in "[]":
            hour, is_open = hour + (letter == "["), letter == "["
            continue
        hour += not is_open
        at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        events.append({"user_id": "1", "event_type": LETTERS[letter], "occurred_at": at, "event_id": str(len(events))})
    [(_, _, entry, times)] = fast(funnel, events)
    began = (datetime(2024, 1, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return [None if time is None else (entry + time - began) // HOUR for time in times]
