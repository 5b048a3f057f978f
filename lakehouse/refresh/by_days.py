"""Replacing the days that changes of the sources touch, and no others."""

from collections.abc import Sequence
from datetime import date

from pyspark.sql import DataFrame

from lakehouse.refresh.days import DateRange, days_of
from lakehouse.refresh.refreshing import Refreshing, published
from lakehouse.refresh.run import Outcome
from libs.store.conditions import ALWAYS, And, Column, Condition, Sql, Within
from libs.store.dialects import spark_sql
from libs.tables import Slices


def by_days(refreshing: Refreshing, slices: Slices, also: Condition = ALWAYS) -> Outcome | None:
    """Replace the rows of the touched days, of these the ones that meet `also`; None when every day is touched."""
    before, changed = refreshing.before, _changed_days(refreshing, slices)
    if changed is None:
        return None
    assert before is not None
    ahead = slices.days_ahead(refreshing.declarations)
    days = days_of(changed, before.as_of, refreshing.run.as_of, slices.lookback_days, ahead)
    if not days.touched:
        return refreshing.unchanged()
    sources = {n: _of_days(refreshing, n, slices.slice_of(n), days.needed) for n in refreshing.table.sources}
    is_touched = Within(Column(slices.by), days.touched)
    rows = refreshing.transformed(sources).where(spark_sql(is_touched))
    where = is_touched if also == ALWAYS else And((is_touched, also))
    return published(refreshing, "slices", rows, refreshing.state(before.generation), where)


def _changed_days(refreshing: Refreshing, slices: Slices) -> set[date] | None:
    """The days of which the sources have changed, or None when every day is touched."""
    newer = refreshing.newer()
    if any(slices.slice_of(name) is None for name in newer):
        return None
    days: set[date] = set()
    for name, versions in newer.items():
        # Asked without Spark, which would take seconds to plan what is answered in milliseconds.
        days |= set(refreshing.store.changed(name, f"cast({slices.slice_of(name)} as date)", *versions))
    return days


def _of_days(refreshing: Refreshing, source: str, day: str | None, ranges: Sequence[DateRange]) -> DataFrame:
    rows = refreshing.source(source)
    return rows if day is None else rows.where(spark_sql(Within(Sql(day), ranges)))
