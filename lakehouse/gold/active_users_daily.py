"""Users active on each day, and in the 7 and 30 days that end with it, and their stickiness.

Grain: one row per UTC day in whose trailing 30 days at least one user was active, up to the last day that began before
`as_of`. A day without activity has dau 0. Active is an identified user with at least one event (a sale alone is none).
The day of `as_of` has is_complete = false.

How: an active day of a user counts towards mau for 30 days or until the user's next active day, whichever is sooner, so
that each user counts once. Users who enter and leave the window are summed by day and accumulated: no pair of user and day is formed.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from libs.tables import BOOLEAN, DATE, DOUBLE, LONG, Column, Reconciliation, Slices, Table, fail

DAYS = {"dau": 1, "wau": 7, "mau": 30}

TABLE = Table(
    name="gold.active_users_daily",
    comment="Users active per day, trailing week and trailing month",
    columns=[
        Column("activity_date", DATE, "day", "UTC day", nullable=False),
        Column("dau", LONG, "users active that day", "users"),
        Column("wau", LONG, "users active that day or in the 6 days before", "users"),
        Column("mau", LONG, "users active that day or in the 29 days before", "users"),
        Column("stickiness", DOUBLE, "dau / mau", "rate 0 to 1"),
        Column("is_complete", BOOLEAN, "whether the day had ended at as_of"),
    ],
    primary_key=["activity_date"],
    sources=["gold.user_activity_daily"],
    refresh=Slices(by="activity_date", lookback_days=max(DAYS.values()) - 1),
    expectations=[
        fail("dau >= 0 and dau <= wau and wau <= mau", "each window includes the shorter one"),
        fail("mau > 0"),
        fail("stickiness between 0 and 1"),
    ],
    reconciliations=[
        Reconciliation(
            name="dau",
            meaning="daily active users = distinct identified users in silver's events of the day",
            by={"activity_date": "activity_date"},
            own="sum(dau)",
            tables=["silver.events"],
            other="select event_date as activity_date, count(distinct user_id) as value from silver.events group by all",
        )
    ],
)


def transform(user_activity_daily: DataFrame, as_of: datetime) -> DataFrame:
    """Count the users active up to the last day that began before `as_of` (UTC)."""
    last_day = F.lit((as_of.astimezone(UTC) - timedelta(microseconds=1)).date())
    active = _running_totals(_changes(_spans(user_activity_daily.where("events > 0"))))
    days = F.sequence("activity_date", F.least(F.date_sub("next_change", 1), last_day))
    shown = active.where((F.col("mau") > 0) & (F.col("activity_date") <= last_day))
    return shown.select(F.explode(days).alias("activity_date"), *DAYS).select(
        "activity_date",
        *DAYS,
        (F.col("dau") / F.col("mau")).alias("stickiness"),
        (F.date_add("activity_date", 1).cast("timestamp") <= F.lit(as_of)).alias("is_complete"),
    )


def _spans(active: DataFrame) -> DataFrame:
    """How many users had an active day at `activity_date` and their next one `days` later (30 means more, or none)."""
    next_row = Window.partitionBy("user_id").orderBy("activity_date").rowsBetween(1, 1)
    gap = F.datediff(F.first("activity_date").over(next_row), "activity_date")
    longest = F.lit(max(DAYS.values()))
    days = F.least(F.coalesce(gap, longest), longest).alias("days")
    return active.select("activity_date", days).groupBy("activity_date", "days").agg(F.count(F.lit(1)).alias("users"))


def _changes(spans: DataFrame) -> DataFrame:
    """By how much each figure rises or falls on each day on which one does."""
    ends = [_change(F.date_add("activity_date", F.least("days", F.lit(d))), [name], -1) for name, d in DAYS.items()]
    changes = F.array(_change(F.col("activity_date"), list(DAYS), 1), *ends)
    by_day = spans.select(F.inline(changes)).groupBy("activity_date")
    return by_day.agg(*[F.sum(name).alias(name) for name in DAYS])


def _change(day: SparkColumn, figures: Sequence[str], sign: int) -> SparkColumn:
    counts = [(F.col("users") * sign if name in figures else F.lit(0).cast("long")).alias(name) for name in DAYS]
    return F.struct(day.alias("activity_date"), *counts)


def _running_totals(changes: DataFrame) -> DataFrame:
    """The figures from each change on, and the day of the next change."""
    until_now = Window.orderBy("activity_date").rowsBetween(Window.unboundedPreceding, 0)
    next_row = Window.orderBy("activity_date").rowsBetween(1, 1)
    totals = [F.sum(name).over(until_now).alias(name) for name in DAYS]
    return changes.select("activity_date", *totals, F.first("activity_date").over(next_row).alias("next_change"))
