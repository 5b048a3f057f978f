"""Days computed again from what is read for them, and the others as they were, are those of a rebuild."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.refresh.days import DateRange, Days, days_of

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LAST_DAY = 30
Facts = Mapping[int, datetime]
# What a table says of each day that has a row: the facts of its window, and whether that is over.
Rows = Mapping[date, tuple[list[int], bool]]

MOMENTS = st.integers(0, 24 * LAST_DAY).map(lambda hours: FIRST + timedelta(hours=hours))
FACTS = st.dictionaries(st.integers(0, 7), MOMENTS)
WINDOWS = st.tuples(st.integers(0, 6), st.integers(0, 6))


def table(facts: Facts, as_of: datetime, window: tuple[int, int]) -> Rows:
    """By plain Python, of each day the facts before `as_of` from `window[0]` days before it to `window[1]` days after it."""
    found = defaultdict(list)
    for fact, at in sorted(facts.items()):
        if at < as_of:
            for days in range(-window[1], window[0] + 1):
                found[at.date() + timedelta(days=days)].append(fact)
    return {day: (rows, as_of.date() > day + timedelta(days=window[1])) for day, rows in found.items()}


def within(day: date, ranges: Sequence[DateRange]) -> bool:
    return any(first <= day <= last for first, last in ranges)


def changed_days(before: Facts, after: Facts) -> set[date]:
    """As a feed of changes says them: the days of facts that came or went, and of moved ones the day before and after."""
    moved = {*before.items()} ^ {*after.items()}
    return {at.date() for _, at in moved}


@settings(max_examples=1000, deadline=None)
@given(before=FACTS, after=FACTS, old=MOMENTS, new=MOMENTS, window=WINDOWS)
def test_any_change_of_facts_and_moment_is_followed_as_by_a_rebuild(
    before: Facts, after: Facts, old: datetime, new: datetime, window: tuple[int, int]
) -> None:
    days = days_of(changed_days(before, after), old, new, *window)
    was = table(before, old, window)
    read = {fact: at for fact, at in after.items() if within(at.date(), days.needed)}
    again = table(read, new, window)

    kept = {day: row for day, row in was.items() if not within(day, days.touched)}
    replaced = {day: row for day, row in again.items() if within(day, days.touched)}
    assert kept | replaced == table(after, new, window)


@settings(max_examples=200, deadline=None)
@given(changed=st.sets(MOMENTS.map(datetime.date), min_size=1), at=MOMENTS, window=WINDOWS)
def test_no_day_is_computed_again_whose_window_reaches_no_change(
    changed: set[date], at: datetime, window: tuple[int, int]
) -> None:
    touched = days_of(changed, at, at, *window).touched
    for number in range(-10, LAST_DAY + 10):
        day = (FIRST + timedelta(days=number)).date()
        reached = any(-window[0] <= (other - day).days <= window[1] for other in changed)
        assert within(day, touched) == reached


def test_without_a_change_no_day_is_touched_and_a_first_moment_touches_none() -> None:
    assert days_of([], FIRST, FIRST, 3, 3) == Days([], [])
    assert days_of([], None, FIRST, 3, 3) == Days([], [])
