"""Replacing the days that changes of the sources touch, and no others."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from pyspark.sql import DataFrame

from lakehouse.refresh.refreshing import Refreshing, published
from lakehouse.refresh.run import Outcome
from libs.store.conditions import ALWAYS, And, Column, Condition, Sql, Within, date_ranges
from libs.store.dialects import spark_sql
from libs.tables import Slices


def by_days(refreshing: Refreshing, slices: Slices, also: Condition = ALWAYS) -> Outcome | None:
    """Replace the rows of the touched days, of these the ones that meet `also`; None when every day is touched."""
    days = _touched_days(refreshing, slices)
    if days is None:
        return None
    if not days:
        return refreshing.unchanged()
    back, ahead = timedelta(days=slices.lookback_days), timedelta(days=slices.days_ahead(refreshing.declarations))
    touched = date_ranges(_widened(days, -ahead, back))
    needed = date_ranges(_widened([d for r in touched for d in _days(*r)], -back, ahead))
    sources = {n: _of_days(refreshing, n, slices.slice_of(n), needed) for n in refreshing.table.sources}
    is_touched = Within(Column(slices.by), touched)
    rows = refreshing.transformed(sources).where(spark_sql(is_touched))
    where = is_touched if also == ALWAYS else And((is_touched, also))
    assert refreshing.before is not None
    return published(refreshing, "slices", rows, refreshing.state(refreshing.before.generation), where)


def _touched_days(refreshing: Refreshing, slices: Slices) -> list[date] | None:
    """The days whose facts changed, or None when every day did."""
    assert refreshing.before is not None
    days = set(_as_of_days(refreshing.before.as_of, refreshing.run.as_of))
    newer = refreshing.newer()
    if any(slices.slice_of(name) is None for name in newer):
        return None
    for name, versions in newer.items():
        # Asked without Spark, which would take seconds to plan what is answered in milliseconds.
        days |= set(refreshing.store.changed(name, f"cast({slices.slice_of(name)} as date)", *versions))
    return sorted(days)


def _as_of_days(old: datetime | None, new: datetime | None) -> list[date]:
    """The days between two values of `as_of`, both ends included: their facts come or go."""
    if old == new or old is None or new is None:
        return []
    first, last = sorted((old, new))
    return _days(first.date(), last.date())


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _widened(days: Sequence[date], first: timedelta, last: timedelta) -> list[date]:
    return sorted({day for d in days for day in _days(d + first, d + last)})


def _of_days(refreshing: Refreshing, source: str, day: str | None, ranges: Sequence[tuple[date, date]]) -> DataFrame:
    rows = refreshing.source(source)
    return rows if day is None else rows.where(spark_sql(Within(Sql(day), ranges)))
