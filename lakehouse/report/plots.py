"""The page's plots over time."""

from collections.abc import Callable

import pandas as pd

from lakehouse.report import figures
from lakehouse.report.charts import Chart, Series, time_chart, whole_weeks
from lakehouse.report.data import ReportData
from lakehouse.report.numbers import compact, money, percent, rough_percent, whole

# More days than these can't be told apart, and weeks are drawn instead.
DAILY_AT_MOST = 190
WEEKS_SHOWN = 53
# Each judged metric in words, how its values are written, beside the axis too.
JUDGED: dict[str, tuple[str, Callable[[float], str], Callable[[float], str]]] = {
    "dau": ("Daily active users", whole, compact),
    "sessions": ("Sessions", whole, compact),
    "conversion_rate": ("Conversion: purchases ÷ sessions", percent, rough_percent),
    "orders": ("Orders", whole, compact),
    "net_revenue": ("Net revenue", whole, compact),
    "aov": ("Order value (AOV)", money, compact),
}


def active_users(data: ReportData) -> Chart | None:
    """DAU, WAU and MAU over complete days; over a long time weekly, with the week's mean DAU and the others at its end."""
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
    """Net revenue by complete day with its 7-day average; over a long time by week with a 4-week average."""
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
    """Active users of each complete week by where they came from, and those who stayed away; the last year of weeks."""
    if data.lifecycle.empty:
        return None
    weeks = data.lifecycle.assign(period_start=pd.to_datetime(data.lifecycle["period_start"])).set_index("period_start")
    weeks = weeks.asfreq("7D", fill_value=0).tail(WEEKS_SHOWN).astype(float)
    came = {"returning": "Returning", "resurrecting": "Resurrecting", "new": "New"}
    series = [Series(label, weeks[f"{name}_users"].tolist(), name, bars=True, stacked=True) for name, label in came.items()]
    series.append(Series("Dormant", weeks["dormant_users"].tolist(), "dormant"))
    return time_chart("Lifecycle", pd.DatetimeIndex(weeks.index), series, whole, weekly=True)


def judged(data: ReportData) -> list[Chart]:
    """Each judged metric by day, beside what was expected, with the days marked that are out of the ordinary."""
    found = {str(metric): rows for metric, rows in data.anomalies.groupby("metric")}
    return [_judged(found[metric], *said) for metric, said in JUDGED.items() if metric in found]


def _judged(rows: pd.DataFrame, title: str, form: Callable[[float], str], axis: Callable[[float], str]) -> Chart:
    days = rows.assign(activity_date=pd.to_datetime(rows["activity_date"])).set_index("activity_date").sort_index().asfreq("D")
    found = {name: days[name].astype(float).tolist() for name in ("value", "expected", "lower", "upper")}
    marked = [bool(is_anomaly) for is_anomaly in days["is_anomaly"].eq(True)]
    series = [
        Series("measured", found["value"], "measured", marked=marked),
        Series("expected", found["expected"], "expected"),
        Series("usual", found["upper"], "band", lower=found["lower"]),
    ]
    return time_chart(title, pd.DatetimeIndex(days.index), series, form, weekly=False, axis=axis)
