"""Users by the number of days, of 28, on which they were active.

Grain: one row per four whole weeks and number of active days. Four weeks begin on every Monday, so that they overlap by three
weeks; users without an active day are in no row. Active: an identified user with at least one event.
Weeks before the first fact count as weeks without activity. Four weeks that had not ended at `as_of` have is_complete = false.
"""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.definitions.periods import ACTIVE_PERIODS, last_begun, number_of, start_of
from libs.tables import BOOLEAN, DATE, LONG, Column, Full, Reconciliation, Table, fail

WEEKS = 4

TABLE = Table(
    name="gold.stickiness",
    comment="Users by the number of active days in four weeks",
    columns=[
        Column("period_start", DATE, "Monday on which the four weeks begin", "UTC day", nullable=False),
        Column("active_days", LONG, "days with activity, 1 to 28", "days", nullable=False),
        Column("users", LONG, "users with that many active days", "users"),
        Column("is_complete", BOOLEAN, "whether the four weeks had ended at as_of"),
    ],
    primary_key=["period_start", "active_days"],
    sources=["gold.user_activity_daily"],
    refresh=Full(),
    expectations=[fail("active_days between 1 and 28"), fail("users > 0")],
    reconciliations=[
        Reconciliation(
            name="users",
            meaning="users over all numbers of days = distinct identified users in silver's events of the four weeks",
            by={"period_start": "period_start"},
            own="sum(users)",
            tables=["silver.events"],
            other=f"""select cast(period_start - to_days(7 * before) as date) as period_start, count(distinct user_id) as value
                from ({ACTIVE_PERIODS}), (select unnest(range({WEEKS})) as before) where interval = 'week' group by all""",
        )
    ],
)


def transform(user_activity_daily: DataFrame, as_of: datetime) -> DataFrame:
    """Count each user's active days in all four weeks that began before `as_of` (UTC), then the users."""
    week = F.expr(number_of("week", "unix_date(activity_date)")).alias("week")
    weeks = user_activity_daily.where("events > 0").groupBy("user_id", week).agg(F.count(F.lit(1)).alias("days"))
    stretches = weeks.withColumn("first_week", F.explode(F.sequence(F.col("week") - (WEEKS - 1), "week")))
    of_users = stretches.groupBy("user_id", "first_week").agg(F.sum("days").alias("active_days"))
    begun = of_users.where(f"first_week <= {last_begun(as_of)['week']}")
    counted = (
        begun.groupBy("first_week", "active_days").agg(F.count(F.lit(1)).alias("users")).withColumn("interval", F.lit("week"))
    )
    ended = start_of(f"first_week + {WEEKS}").cast("timestamp") <= F.lit(as_of)
    return counted.withColumns({"period_start": start_of("first_week"), "is_complete": ended}).select(*TABLE.column_names)
