"""Daily metrics with their expected values and ranges, and the anomalies among them."""

from collections.abc import Callable

import pandas as pd

from lakehouse.report.charts import Chart, Series, time_chart
from lakehouse.report.data import BEST, JUDGED_DAYS, ReportData, rows_of
from lakehouse.report.numbers import compact, day, money, percent, rough_percent, whole
from lakehouse.report.sections import Bars

# Each metric's title, the format of its values, and that of its axis.
JUDGED: dict[str, tuple[str, Callable[[float], str], Callable[[float], str]]] = {
    "dau": ("Daily active users", whole, compact),
    "sessions": ("Sessions", whole, compact),
    "conversion_rate": ("Conversion: purchases ÷ sessions", percent, rough_percent),
    "orders": ("Orders", whole, compact),
    "net_revenue": ("Net revenue", whole, compact),
    "aov": ("Order value (AOV)", money, compact),
}


def charts(data: ReportData) -> list[Chart]:
    """Each metric by day, with its expected value and range; anomalies are marked."""
    found = {str(metric): rows for metric, rows in data.anomalies.groupby("metric")}
    return [_chart(found[metric], *said) for metric, said in JUDGED.items() if metric in found]


def _chart(rows: pd.DataFrame, title: str, form: Callable[[float], str], axis: Callable[[float], str]) -> Chart:
    days = rows.assign(activity_date=pd.to_datetime(rows["activity_date"])).set_index("activity_date").sort_index().asfreq("D")
    found = {name: days[name].astype(float).tolist() for name in ("value", "expected", "lower", "upper")}
    marked = [bool(is_anomaly) for is_anomaly in days["is_anomaly"].eq(True)]
    series = [
        Series("measured", found["value"], "measured", marked=marked),
        Series("expected", found["expected"], "expected"),
        Series("usual", found["upper"], "band", lower=found["lower"]),
    ]
    return time_chart(title, pd.DatetimeIndex(days.index), series, form, weekly=False, axis=axis)


def marked_days(data: ReportData) -> Bars:
    """The anomalies, the newest first."""
    marked = data.anomalies[data.anomalies["is_anomaly"].eq(True)].sort_values(
        ["activity_date", "metric"], ascending=[False, True]
    )
    cells = []
    for r in rows_of(marked.head(BEST)):
        title, form, _ = JUDGED.get(str(r.metric), (str(r.metric), money, money))
        texts = (
            day(pd.Timestamp(r.activity_date)),
            title,
            form(r.value),
            form(r.expected),
            f"{form(r.lower)} to {form(r.upper)}",
        )
        cells.append(((*texts, f"{r.robust_z_score:+.1f}".replace("-", "−")), None))
    head = ["Day", "Metric", "Measured", "Expected", "Expected range", "Deviation"]
    which = f"The newest {BEST} of {len(marked)} in" if len(marked) > BEST else "Of"
    note = (
        f"{which} the last {JUDGED_DAYS} complete days. Expected: the median of the same weekday in the 8 weeks before, adjusted "
        "to the level of the last 4. Deviation: from the expected value, in robust standard deviations of the errors of the "
        "8 weeks before; beyond 3.5 it is an anomaly. Not judged: a metric based on fewer than 10 users, sessions, purchases "
        "or orders a day, and the first six weeks."
    )
    return Bars("Anomalous days", head, cells, note, "No anomalies.", texts=2)
