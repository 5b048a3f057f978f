"""Cohorts as heat maps: one row per cohort, one column per month since, shaded by value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lakehouse.report.data import ReportData
from lakehouse.report.numbers import money, percent, whole

COHORTS = 18
MONTHS = 12
Values = Mapping[int, float]
Row = tuple[str, str, Sequence[tuple[str, float] | None]]


@dataclass(frozen=True)
class HeatMap:
    """A table of values: `rows` are a label, the size, and for each column its text and shade (0 to 100), or None."""

    title: str
    head: Sequence[str]
    rows: Sequence[Row]
    note: str
    empty: str


def retention(data: ReportData) -> HeatMap:
    """Monthly cohorts, the newest first, below their average weighted by size. Month 0 is left out: it is always 100 %."""
    later = data.retention[data.retention["period_number"].between(1, MONTHS)]
    shares = later.assign(value=later["retained_users"].astype(float) / later["cohort_size"].astype(float))
    what = "with an order or a return" if "order" in set(data.retention["activity"]) else "with an event"
    note = (
        f"Users {what}, by the month of their first one: the share that is active again n whole months later. "
        f"The newest {COHORTS} cohorts; the average is over all, weighted by size. Incomplete months are not shown."
    )
    empty = "No cohort has a complete month after its first one yet."
    rows = _rows(shares, percent, lightest=0.0)
    return HeatMap("Retention by monthly cohort", ["Cohort", "Users", *map(str, _numbers(shares))], rows, note, empty)


def cohort_revenue(data: ReportData) -> HeatMap:
    """Cumulative net revenue per customer up to n months after the first order, by month of the first order."""
    months = data.cohort_revenue[data.cohort_revenue["period_number"].between(0, MONTHS)]
    values = months.assign(value=months["cumulative_revenue_per_user"].astype(float))
    note = (
        f"Customers by the month of their first order: net revenue per customer up to n months later, in {data.about.money}. "
        f"The newest {COHORTS} cohorts; the average is over all that are old enough, weighted by size. "
        "Incomplete months are not shown."
    )
    empty = "No cohort has a complete month yet."
    head = ["Cohort", "Customers", *map(str, _numbers(values))]
    return HeatMap("Revenue per customer by monthly cohort, cumulative", head, _rows(values, money), note, empty)


def _numbers(values: pd.DataFrame) -> list[int]:
    return sorted(int(n) for n in values["period_number"].unique())


def _rows(values: pd.DataFrame, form: Callable[[float | None], str], lightest: float | None = None) -> list[Row]:
    """`values` has cohort_start, period_number, cohort_size and value; by default the lowest value shown has no shade."""
    if values.empty:
        return []
    numbers = _numbers(values)
    cohorts = {str(start): cohort for start, cohort in values.groupby("cohort_start")}
    newest = sorted(cohorts, reverse=True)[:COHORTS]
    found = {start: _by_number(cohorts[start]) for start in newest}
    every = [value for of_cohort in found.values() for value in of_cohort.values()]
    extent = (min(every) if lightest is None else lightest, max(every))
    rows: list[Row] = [("All cohorts", "", _cells(_average(values), numbers, extent, form))]
    for start in newest:
        size = whole(cohorts[start]["cohort_size"].iloc[0])
        rows.append((f"{pd.Timestamp(start):%b %Y}", size, _cells(found[start], numbers, extent, form)))
    return rows


def _by_number(cohort: pd.DataFrame) -> Values:
    return {int(n): float(value) for n, value in zip(cohort["period_number"], cohort["value"], strict=True)}


def _average(values: pd.DataFrame) -> Values:
    """The average over cohorts, weighted by size."""
    sizes = values["cohort_size"].astype(float)
    sums = pd.DataFrame({"n": values["period_number"], "size": sizes, "total": sizes * values["value"]}).groupby("n").sum()
    return _by_number(pd.DataFrame({"period_number": sums.index, "value": (sums["total"] / sums["size"]).to_numpy()}))


def _cells(
    values: Values, numbers: Sequence[int], extent: tuple[float, float], form: Callable[[float | None], str]
) -> list[tuple[str, float] | None]:
    """Text and shade for each column, shaded by the value's position between the ends of `extent`."""
    return [(form(values[n]), _shade(values[n], *extent)) if n in values else None for n in numbers]


def _shade(value: float, lowest: float, highest: float) -> float:
    share = (value - lowest) / (highest - lowest) if highest > lowest else 0.0
    return round(100 * min(max(share, 0.0), 1.0), 1)
