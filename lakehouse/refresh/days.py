"""Which days a refresh computes again, and which days of the sources it reads for them: decided without a table.

The law that it keeps: whatever a day's row says of the facts from `lookback_days` before it to `lookahead_days` after it and
before `as_of`, the days that are computed again, from what is read, and the others, as they were, are those of a rebuild.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from libs.store.conditions import date_ranges

DateRange = tuple[date, date]


@dataclass(frozen=True)
class Days:
    """The days that are computed again, and those of the sources that they are computed from: ranges, both ends included."""

    touched: Sequence[DateRange]
    needed: Sequence[DateRange]


def days_of(changed: Iterable[date], old: datetime | None, new: datetime | None, lookback_days: int, lookahead_days: int) -> Days:
    """What to compute again when facts of the days `changed` came, went or changed, and `as_of` moves from `old` to `new`."""
    back, ahead = timedelta(days=lookback_days), timedelta(days=lookahead_days)
    touched = date_ranges(_widened({*changed, *_crossed(old, new)}, -ahead, back))
    return Days(touched, date_ranges(_widened({day for ends in touched for day in _days(*ends)}, -back, ahead)))


def _crossed(old: datetime | None, new: datetime | None) -> list[date]:
    """The days between two values of `as_of`, both ends included: their facts come or go."""
    if old == new or old is None or new is None:
        return []
    first, last = sorted((old, new))
    return _days(first.date(), last.date())


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _widened(days: Iterable[date], first: timedelta, last: timedelta) -> list[date]:
    return [day for d in days for day in _days(d + first, d + last)]
