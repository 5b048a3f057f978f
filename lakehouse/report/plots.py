"""The page's plots over time."""

import pandas as pd

from lakehouse.report import figures
from lakehouse.report.charts import Chart, Series, time_chart, whole_weeks
from lakehouse.report.data import ReportData
from lakehouse.report.numbers import money, whole

# More days than these can't be distinguished; weeks are drawn instead.
DAILY_AT_MOST = 190
WEEKS_SHOWN = 53


def active_users(data: ReportData) -> Chart | None:
    """DAU, WAU and MAU over complete days; over long periods weekly, with the week's mean DAU and the others at its end."""
    days = figures.complete_days(data.active_users, "activity_date", data.about.as_of)[["dau", "wau", "mau"]].astype(float)
    if days.empty:
        return None
    days = days.asfreq("D")
    weekly = len(days) > DAILY_AT_MOST
    if weekly:
        days = whole_weeks(days, {"dau": "mean", "wau": "last", "mau": "last"})
    names = {"mau": "MAU", "wau": "WAU", "dau": "DAU, mean of the week" if weekly else "DAU"}
    series = [Series(label, days[column].tolist(), column) for column, label in names.items()]
    return time_chart("Active users", pd.DatetimeIndex(days.index), series, whole, weekly)


def revenue(data: ReportData) -> Chart | None:
    """Net revenue by complete day with its 7-day average; over long periods by week with a 4-week average."""
    days = figures.complete_days(data.revenue, "order_date", data.about.as_of)[["net_revenue"]].astype(float)
    if days.empty:
        return None
    whole_range = pd.date_range(days.index[0], figures.last_complete_day(data.about.as_of))
    days = days.reindex(whole_range, fill_value=0.0)
    weekly = len(days) > DAILY_AT_MOST
    if weekly:
        days = whole_weeks(days, {"net_revenue": "sum"})
    average = days["net_revenue"].rolling(4 if weekly else 7).mean()
    series = [
        Series("Net revenue", days["net_revenue"].tolist(), "bars", bars=True),
        Series("4-week average" if weekly else "7-day average", average.tolist(), "average"),
    ]
    return time_chart("Net revenue", pd.DatetimeIndex(days.index), series, money, weekly)


def lifecycle(data: ReportData) -> Chart | None:
    """New, returning, resurrecting and dormant users of each complete week of the last year."""
    if data.lifecycle.empty:
        return None
    weeks = data.lifecycle.assign(period_start=pd.to_datetime(data.lifecycle["period_start"])).set_index("period_start")
    weeks = weeks.asfreq("7D", fill_value=0).tail(WEEKS_SHOWN).astype(float)
    came = {"returning": "Returning", "resurrecting": "Resurrecting", "new": "New"}
    series = [Series(label, weeks[f"{name}_users"].tolist(), name, bars=True, stacked=True) for name, label in came.items()]
    series.append(Series("Dormant", weeks["dormant_users"].tolist(), "dormant"))
    return time_chart("Lifecycle", pd.DatetimeIndex(weeks.index), series, whole, weekly=True)
