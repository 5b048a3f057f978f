"""The key figures of the page, from daily frames. Only complete days count: those that ended at or before `as_of`."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from lakehouse.report.data import WINDOW_DAYS, ReportData


@dataclass(frozen=True)
class Figure:
    """A value, and the one it is compared with; either is None where it is not known."""

    value: float | None
    before: float | None = None

    @property
    def change(self) -> float | None:
        """Relative change (0.1 is 10 % more), None without a base above 0: of returns, no share says what became of them."""
        if self.value is None or self.before is None or self.before <= 0:
            return None
        return self.value / self.before - 1


def last_complete_day(as_of: datetime) -> pd.Timestamp:
    """The last day that ended at or before `as_of`."""
    return pd.Timestamp(as_of.date()) - pd.Timedelta(days=1)


def complete_days(frame: pd.DataFrame, day: str, as_of: datetime) -> pd.DataFrame:
    """The rows of complete days, indexed by day, ascending."""
    indexed = frame.assign(**{day: pd.to_datetime(frame[day])}).set_index(day).sort_index()
    return indexed.loc[: last_complete_day(as_of)]


def active_users(data: ReportData, column: str, days_before: int) -> Figure:
    """`column` (dau, wau, mau) on the last complete day, and `days_before` days earlier. Unit: users."""
    values = complete_days(data.active_users, "activity_date", data.about.as_of)[column]
    day = last_complete_day(data.about.as_of)
    return Figure(_at(values, day), _at(values, day - pd.Timedelta(days=days_before)))


def net_revenue(data: ReportData) -> Figure:
    """Net revenue of the last 30 complete days, and of the 30 before. Unit: currency."""
    now, before = _windows(data)
    return Figure(_sum(now["net_revenue"]), _sum(before["net_revenue"]))


def average_order_value(data: ReportData) -> Figure:
    """Net revenue / orders with net revenue > 0, over the last 30 complete days, and over the 30 before. Unit: currency."""
    now, before = _windows(data)
    return Figure(_aov(now), _aov(before))


def conversion(data: ReportData) -> Figure:
    """Purchase events / sessions, over the last 30 complete days. Unit: rate."""
    sessions = data.traffic_sources["sessions"].sum()
    return Figure(float(data.traffic_sources["purchases"].sum() / sessions) if sessions else None)


def customers(data: ReportData) -> Figure:
    """Users with at least one order, over all time. Unit: users."""
    return Figure(_sum(data.segments["customers"]))


def repeat_share(data: ReportData) -> float | None:
    """The share of customers who ordered at least twice. Unit: rate."""
    total = data.segments["customers"].sum()
    return float(data.segments["repeat_customers"].sum() / total) if total else None


def _windows(data: ReportData) -> tuple[pd.DataFrame, pd.DataFrame]:
    days = complete_days(data.revenue, "order_date", data.about.as_of)
    start = last_complete_day(data.about.as_of) - pd.Timedelta(days=WINDOW_DAYS - 1)
    before = days.loc[start - pd.Timedelta(days=WINDOW_DAYS) : start - pd.Timedelta(days=1)]
    return days.loc[start:], before


def _at(values: pd.Series, day: pd.Timestamp) -> float | None:
    return float(values.loc[day]) if day in values.index and pd.notna(values.loc[day]) else None


def _sum(values: pd.Series) -> float | None:
    return float(values.sum()) if len(values) else None


def _aov(days: pd.DataFrame) -> float | None:
    orders = days["paying_orders"].sum()
    return float(days["net_revenue"].sum() / orders) if orders else None
