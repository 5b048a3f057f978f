"""The moment that figures are as of where nobody names one: a single clock that is ahead does not decide it."""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from statistics import median

# How many days with facts a last day is held against.
BEFORE = 28
FEW, FEWER_BEHIND_A_GAP = 20, 2


def days_apart(facts: Mapping[date, int]) -> list[date]:
    """The last days that are apart from the bulk of the data, in order, by the number of facts of each day.

    Going back from the last day, a day is apart when it and the days after it together have fewer facts than a twentieth of the
    median of the (at most 28) days with facts before it; or fewer than half of that median, behind a gap that is more than
    three times as long as any between those days.
    """
    days = sorted(facts)
    apart: list[date] = []
    later = 0
    while len(days) > 1:
        later += facts[days[-1]]
        if not _is_apart(days, facts, later):
            break
        apart.insert(0, days.pop())
    return apart


def _is_apart(days: list[date], facts: Mapping[date, int], later: int) -> bool:
    before = days[-1 - BEFORE : -1]
    usual = median(facts[day] for day in before)
    if later * FEW < usual:
        return True
    gaps = [(after - day).days for day, after in pairwise(before)]
    gap = (days[-1] - before[-1]).days
    return bool(gaps) and gap > 3 * max(gaps) and later * FEWER_BEHIND_A_GAP < usual
