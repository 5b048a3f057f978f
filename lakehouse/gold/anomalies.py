"""Daily metrics with the value and range expected from the weeks before; outliers are marked.

Grain: one row per metric and UTC day that was complete at `as_of`, from the first day on which the metric was not 0 to
8 weeks after the last.

Expected: the median of the same weekday in the 8 weeks before, times the change of level: the median of the 4 weeks before
over that of the 8 weeks before, at least a half and at most twice. Band: expected plus and minus THRESHOLD robust standard
deviations, which are 1.4826 x the median size of the errors (value - expected) of the 8 weeks before. `robust_z_score` is
the modified z-score of an error, and 3.5 its usual limit (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993; median
seasonal index and level as in classical decomposition, Hyndman and Athanasopoulos, Forecasting: Principles and Practice,
3rd ed., 3.4). Only earlier days are used, and earlier anomalies do not move the medians while they are fewer
than half.

A day with no events, sessions or sales at all is a gap: it is judged (an outage is an anomaly), and ignored when other days
are judged. Not judged, with an empty band: a day with fewer than 4 such weekdays or 14 errors before it, and a metric based
on fewer than 10 users, sessions, purchases or orders a day, where random variation is large.
Limits: holidays are not known. A new level is marked until the medians include it, after 2 to 4 weeks.
"""

from datetime import UTC, date, datetime, timedelta

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from lakehouse.definitions.union import united
from libs.tables import BOOLEAN, DATE, DOUBLE, INTEGER, STRING, Column, Slices, Table, fail

HISTORY_DAYS = 56
RECENT_DAYS = 28
FEWEST_WEEKDAYS = 4
FEWEST_ERRORS = 14
FEWEST_UNITS = 10
THRESHOLD = 3.5
# Inverse of the median absolute value of a standard normal variable.
MAD_TO_DEVIATION = 1.4826
COUNTS = ("dau", "sessions", "purchases", "orders", "net_revenue")
# Each metric: its value, the count that it is based on, and the smallest deviation assumed: one unit, or a hundredth.
METRICS = {
    "dau": ("dau", "dau", 1.0),
    "sessions": ("sessions", "sessions", 1.0),
    "conversion_rate": ("case when sessions > 0 then purchases / sessions end", "purchases", 0.0),
    "orders": ("orders", "orders", 1.0),
    "net_revenue": ("net_revenue", "orders", 0.0),
    "aov": ("aov", "orders", 0.0),
}
RELATIVE_FLOOR = 0.01

TABLE = Table(
    name="gold.anomalies",
    comment="Daily metrics with their expected value and band, anomalies marked",
    columns=[
        Column(
            "metric", STRING, "dau, sessions, conversion_rate (purchases / sessions), orders, net_revenue or aov", nullable=False
        ),
        Column("activity_date", DATE, "day", "UTC day", nullable=False),
        Column("value", DOUBLE, "the metric that day", "users, sessions, rate, orders or currency, by metric", nullable=False),
        Column("expected", DOUBLE, "expected from the days before, empty with fewer than 4 of the same weekday", "as value"),
        Column("lower", DOUBLE, "lower end of the band, empty where the day is not judged", "as value"),
        Column("upper", DOUBLE, "upper end of the band, empty where the day is not judged", "as value"),
        Column("robust_z_score", DOUBLE, "(value - expected) / robust standard deviation, empty where not judged", "deviations"),
        Column("is_anomaly", BOOLEAN, "whether the value is outside the band", nullable=False),
        Column("weekdays_compared", INTEGER, "earlier same weekdays that `expected` is computed from", "days", nullable=False),
    ],
    primary_key=["metric", "activity_date"],
    sources=["gold.active_users_daily", "gold.traffic_source_daily", "gold.revenue_daily"],
    # The errors of HISTORY_DAYS, each of which depends on as many days before it.
    refresh=Slices(by="activity_date", of={"gold.revenue_daily": "order_date"}, lookback_days=2 * HISTORY_DAYS),
    expectations=[
        fail("lower <= expected and expected <= upper"),
        fail("is_anomaly = coalesce(value < lower or value > upper, false)"),
        fail("(lower is null) = (upper is null) and (lower is null) = (robust_z_score is null)"),
        fail("weekdays_compared between 0 and 8"),
    ],
)


def transform(
    active_users_daily: DataFrame, traffic_source_daily: DataFrame, revenue_daily: DataFrame, as_of: datetime
) -> DataFrame:
    """Judge each complete day by the 16 weeks before it."""
    days = _with_gaps(_daily(active_users_daily, traffic_source_daily, revenue_daily), _last_complete_day(as_of))
    judged = _scaled(_expected(days.select("day", "is_gap", F.inline(_metrics()))))
    off = F.lit(THRESHOLD) * F.col("scale")
    # Only amounts can be below 0, by returns.
    lowest = F.when(F.col("metric").isin("net_revenue", "aov"), F.lit(float("-inf"))).otherwise(F.lit(0.0))
    band = {"lower": F.when(off.isNotNull(), F.greatest(F.col("expected") - off, lowest)), "upper": F.col("expected") + off}
    banded = judged.withColumns(band)
    return banded.where("value <> 0 or was_active").select(
        "metric",
        F.date_from_unix_date("day").alias("activity_date"),
        "value",
        "expected",
        "lower",
        "upper",
        (F.col("error") / F.col("scale")).alias("robust_z_score"),
        F.coalesce(F.expr("value < lower or value > upper"), F.lit(False)).alias("is_anomaly"),
        "weekdays_compared",
    )


def _last_complete_day(as_of: datetime) -> date:
    return as_of.astimezone(UTC).date() - timedelta(days=1)


def _daily(active_users_daily: DataFrame, traffic_source_daily: DataFrame, revenue_daily: DataFrame) -> DataFrame:
    """One row for each day on which anything happened, with what the metrics are computed from; a missing count is 0."""
    users = active_users_daily.select("activity_date", "dau")
    visits = traffic_source_daily.select("activity_date", "sessions", "purchases")
    sales = revenue_daily.select(F.col("order_date").alias("activity_date"), "orders", "net_revenue", "aov")
    # By way of their text: of long decimals themselves, engines make doubles that differ in the last bits.
    sums = [F.coalesce(F.sum(name), F.lit(0)).cast("string").cast("double").alias(name) for name in COUNTS]
    # Only revenue_daily's row of a day has an aov.
    by_day = united([users, visits, sales]).groupBy(F.unix_date("activity_date").alias("day"))
    daily = by_day.agg(*sums, F.first("aov", ignorenulls=True).alias("aov"))
    return daily.where(" or ".join(f"{name} <> 0" for name in COUNTS))


def _with_gaps(daily: DataFrame, last_day: date) -> DataFrame:
    """Adds the days on which nothing happened, up to HISTORY_DAYS after the last one with activity."""
    next_row = Window.orderBy("day").rowsBetween(1, 1)
    last = F.unix_date(F.lit(last_day))
    until = F.least(F.coalesce(F.first("day").over(next_row) - 1, last), F.col("day") + HISTORY_DAYS, last)
    spans = daily.where(F.col("day") <= last).withColumn("until", until)
    filled = spans.select("*", F.explode(F.sequence("day", "until")).alias("shown"))
    is_gap = F.col("shown") > F.col("day")
    counts = [F.when(is_gap, F.lit(0.0)).otherwise(F.col(name)).alias(name) for name in COUNTS]
    return filled.select(F.col("shown").alias("day"), is_gap.alias("is_gap"), *counts, F.when(~is_gap, F.col("aov")).alias("aov"))


def _metrics() -> SparkColumn:
    """A row per metric: value, units (the count that it is based on) and floor (the smallest deviation assumed)."""
    parts = [
        F.struct(
            F.lit(name).alias("metric"), F.expr(value).alias("value"), F.col(units).alias("units"), F.lit(floor).alias("floor")
        )
        for name, (value, units, floor) in METRICS.items()
    ]
    # Alike in which fields may be null: the native engine unites no others.
    return F.array(*[part.cast("struct<metric:string,value:double,units:double,floor:double>") for part in parts])


def _expected(values: DataFrame) -> DataFrame:
    """`expected` and the error, with whether enough days and units are before it."""
    known = F.when(~F.col("is_gap"), F.struct("day", "value", "units"))
    seen = values.where("value is not null").withColumn("history", _listed(known))
    listed = seen.selectExpr(
        "*",
        "exists(history, x -> x.value <> 0) as was_active",
        _sorted("filter(history, x -> (day - x.day) % 7 = 0)") + " as weekdays",
        _sorted(f"filter(history, x -> x.day >= day - {RECENT_DAYS})") + " as recent",
        _sorted("history") + " as whole",
        _sorted("history", "units") + " as units_before",
    )
    level = f"coalesce({_median('recent')} / nullif({_median('whole')}, 0), 1)"
    expected = f"""case when size(weekdays) >= {FEWEST_WEEKDAYS}
        then {_median("weekdays")} * least(greatest({level}, 0.5d), 2d) end"""
    is_enough = f"{_median('units_before')} >= {FEWEST_UNITS} as is_enough"
    expectations = listed.selectExpr(
        "metric",
        "day",
        "is_gap",
        "value",
        "floor",
        "was_active",
        "size(weekdays) as weekdays_compared",
        f"{expected} as expected",
        is_enough,
    )
    return expectations.withColumn("error", F.expr("value - expected"))


def _scaled(expected: DataFrame) -> DataFrame:
    """`scale`: the robust standard deviation of the errors before, empty where a day is not judged."""
    errors = F.sort_array(_listed(F.when(~F.col("is_gap"), F.abs("error"))))
    is_judged = f"is_enough and expected is not null and size(errors) >= {FEWEST_ERRORS}"
    floor = f"greatest(floor, {RELATIVE_FLOOR}d * abs(expected))"
    scale = f"case when {is_judged} then nullif(greatest({MAD_TO_DEVIATION}d * {_median('errors')}, {floor}), 0) end"
    return expected.withColumn("errors", errors).withColumn("scale", F.expr(scale))


def _listed(value: SparkColumn) -> SparkColumn:
    """The values of the days before that are not null; the native engine would keep nulls, and give null for no days at all."""
    return F.filter(F.coalesce(F.collect_list(value).over(_before()), F.array()), lambda x: x.isNotNull())


def _before() -> WindowSpec:
    return Window.partitionBy("metric").orderBy("day").rangeBetween(-HISTORY_DAYS, -1)


def _sorted(history: str, field: str = "value") -> str:
    return f"sort_array(transform({history}, x -> x.{field}))"


def _median(ascending: str) -> str:
    """SQL: the median of a sorted array, empty for an empty one."""
    size = f"size({ascending})"
    return f"((get({ascending}, ({size} - 1) div 2) + get({ascending}, {size} div 2)) / 2)"
