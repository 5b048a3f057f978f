"""Which last days are apart from the bulk of the data."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lakehouse.refresh.as_of import days_apart

FIRST = date(2026, 3, 1)


def on(counts: dict[int, int]) -> dict[date, int]:
    return {FIRST + timedelta(days=n): count for n, count in counts.items()}


def apart(counts: dict[int, int]) -> list[int]:
    return [(day - FIRST).days for day in days_apart(on(counts))]


def test_one_clock_that_is_ahead_is_apart() -> None:
    daily = dict.fromkeys(range(30), 1000)
    assert apart(daily | {30: 1}) == [30], "the day after"
    assert apart(daily | {33: 1, 36: 2}) == [33, 36]
    assert apart(dict.fromkeys(range(30), 5) | {36: 1}) == [36], "of few rows a day, behind a gap"


def test_what_data_honestly_have_is_not_apart() -> None:
    assert apart(dict.fromkeys(range(30), 1000) | {30: 60}) == [], "a day that has begun"
    assert apart(dict.fromkeys(range(0, 300, 14), 1) | {330: 1}) == [], "an order every other week"
    assert apart({0: 3, 40: 2}) == [] and apart({0: 5}) == [] and apart({}) == []
    assert apart({0: 9, 1: 9, 2: 9, 5: 1}) == [], "a gap of three days between days of one"
    assert apart(dict.fromkeys(range(30), 1000) | {40: 1000, 41: 1000}) == [], "a fortnight of an outage"


@given(st.dictionaries(st.integers(0, 60), st.integers(1, 500), max_size=40), st.integers(1, 1000))
def test_many_rows_after_the_others_are_never_apart_and_the_first_day_never_is(counts: dict[int, int], more: int) -> None:
    busy = counts | {61: 500 + more}
    assert apart(busy) == []
    assert not counts or min(counts) not in apart(counts)
