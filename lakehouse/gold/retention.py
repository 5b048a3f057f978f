"""How many of the users who were active in one period are active again in later ones.

Grain: one row per interval (day, week, month), activity, cohort_kind, cohort, period number and kind.
Activity: `event`, a day with at least one event; `order`, a day with an order line that was sold or returned.
Cohort: by cohort_kind, the users by the first period with such activity (`first_time`), or in every period with it
(`recurring`, so that a user is in several cohorts). Period n is n whole periods after the cohort's, up to HORIZON.
Kind: `on`, active in period n; `on_or_after`, active in n or any later period.
A row is mature when its period n is complete at `as_of`; others have no rate. Over cohorts, average weighted by size:
sum(retained_users) / sum(cohort_size) of mature rows.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import product

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.definitions.periods import FIRST_PERIODS, INTERVALS, by_interval, last_begun, number_of, start_of
from libs.tables import BOOLEAN, DATE, DOUBLE, LONG, STRING, Column, Full, Reconciliation, Table, fail

HORIZON = {"day": 30, "week": 26, "month": 24}
ACTIVITIES = {"event": "events > 0", "order": "order_lines > 0 or net_revenue <> 0"}
# What is counted separately, by its number.
SERIES = tuple(product(INTERVALS, ACTIVITIES))
COHORT = ("interval", "activity", "cohort_kind", "cohort")

TABLE = Table(
    name="gold.retention",
    comment="Users of a period who are active again later",
    columns=[
        Column("interval", STRING, "day, week (from Monday) or month", nullable=False),
        Column("activity", STRING, "what counts as activity: event or order", nullable=False),
        Column("cohort_kind", STRING, "first_time or recurring", nullable=False),
        Column("cohort_start", DATE, "first day of the cohort's period", "UTC day", nullable=False),
        Column("period_number", LONG, "whole periods since the cohort's", "periods", nullable=False),
        Column("kind", STRING, "on or on_or_after", nullable=False),
        Column("cohort_size", LONG, "users in the cohort", "users"),
        Column("retained_users", LONG, "of these, active in the period (on), or in it or a later one (on_or_after)", "users"),
        Column("retention_rate", DOUBLE, "retained_users / cohort_size, empty while the period is not complete", "rate 0 to 1"),
        Column("is_mature", BOOLEAN, "whether the period was complete at as_of"),
    ],
    primary_key=["interval", "activity", "cohort_kind", "cohort_start", "period_number", "kind"],
    sources=["gold.user_activity_daily"],
    # A late first event moves a user from one cohort to another, so it is recomputed in full, from user_activity_daily only.
    refresh=Full(),
    expectations=[
        fail("retained_users between 0 and cohort_size"),
        fail("period_number > 0 or retained_users = cohort_size", "every user of a cohort is active in its first period"),
        fail("is_mature = (retention_rate is not null)"),
    ],
    reconciliations=[
        Reconciliation(
            name="cohort_size",
            meaning="users of a first-time cohort = users whose first event in silver is in its period",
            by={"interval": "interval", "cohort_start": "cohort_start"},
            own="sum(cohort_size)",
            where="activity = 'event' and cohort_kind = 'first_time' and kind = 'on' and period_number = 0",
            tables=["silver.events"],
            other=f"select interval, period_start as cohort_start, count(*) as value from ({FIRST_PERIODS}) group by all",
        )
    ],
)


def transform(user_activity_daily: DataFrame, as_of: datetime) -> DataFrame:
    """Count, for each cohort, the users who are active again. One shuffle of users' days; what follows is small."""
    rows = _all_periods(_counts(_active_periods(user_activity_daily)), as_of)
    from_the_last = Window.partitionBy(*COHORT, "kind").orderBy(F.desc("period_number"))
    retained = F.when(F.col("kind") == "on", F.col("users")).otherwise(F.sum("users").over(from_the_last))
    is_mature = start_of("cohort + period_number + 1").cast("timestamp") <= F.lit(as_of)
    named = {"cohort_start": start_of("cohort"), "retained_users": retained, "is_mature": is_mature}
    rate = F.expr("case when is_mature then retained_users / cohort_size end")
    counted = rows.withColumns(named).withColumn("retention_rate", rate)
    return counted.withColumn("period_number", F.col("period_number").cast("long")).select(*TABLE.column_names)


def _active_periods(user_activity_daily: DataFrame) -> DataFrame:
    """A row per user and series: its number, its horizon, and the user's active periods p, ascending.

    Lists are made distinct afterwards: the native engine collects sets ten times slower than lists.
    """
    numbers = {interval: F.expr(number_of(interval, "unix_date(activity_date)")) for interval in INTERVALS}
    days = user_activity_daily.select("user_id", *[F.expr(sql).alias(name) for name, sql in ACTIVITIES.items()], *_named(numbers))
    lists = {n: F.collect_list(F.when(F.col(activity), F.col(interval))) for n, (interval, activity) in enumerate(SERIES)}
    users = days.groupBy("user_id").agg(*_named({f"p{n}": F.sort_array(F.array_distinct(p)) for n, p in lists.items()}))
    structs = [f"named_struct('series', {n}, 'h', {HORIZON[interval]}, 'p', p{n})" for n, (interval, _) in enumerate(SERIES)]
    return users.select(F.expr(f"inline(array({', '.join(structs)}))")).where("size(p) > 0")


def _counts(periods: DataFrame) -> DataFrame:
    """Users by cohort, kind and period number, of those that have any.

    A user is counted `on` in each active period, of a cohort's at most h + 1, and `on_or_after` in the last one (capped), from
    which it adds up. Both kinds of cohort are counted at once: a first-time cohort is the one of the user's first period.
    """
    cohorts = periods.select("series", "h", "p", F.posexplode("p").alias("n", "cohort"))
    first, last = (F.col("n") == 0).alias("is_first"), F.expr("least(element_at(p, -1) - cohort, h)").alias("last")
    # No period stands for the one row of `on_or_after`.
    until_horizon = F.explode(F.expr("concat(slice(p, n + 1, h + 1), array(cast(null as int)))")).alias("period")
    seen = cohorts.select("series", "h", "cohort", first, last, until_horizon).where("period is null or period - cohort <= h")
    number = F.expr("coalesce(period - cohort, last)").alias("period_number")
    numbered = seen.groupBy("series", "cohort", F.expr("period is null").alias("is_last"), number)
    counted = numbered.agg(F.count(F.lit(1)).alias("recurring"), F.count_if("is_first").alias("first_time"))
    kind = F.expr("if(is_last, 'on_or_after', 'on')").alias("kind")
    return counted.select(*_series(), "cohort", kind, "period_number", F.expr(_COHORT_KINDS)).where("users > 0")


def _series() -> list[SparkColumn]:
    """The interval and the activity of a series: numbers are grouped faster than texts."""
    names = zip(("interval", "activity"), zip(*SERIES, strict=True), strict=True)
    return [F.expr(f"element_at(array({', '.join(map(repr, of))}), series + 1)").alias(name) for name, of in names]


def _named(columns: Mapping[str, SparkColumn]) -> list[SparkColumn]:
    return [column.alias(name) for name, column in columns.items()]


def _all_periods(counts: DataFrame, as_of: datetime) -> DataFrame:
    """Every period of every cohort that began before `as_of`, also those in which nobody was active again.

    A cohort's counts are grouped once: a self-join would compute them twice. They are summed with a zero for each period,
    as maps are looked up slowly.
    """
    size = F.max(F.expr("case when kind = 'on' and period_number = 0 then users end")).alias("cohort_size")
    cohorts = counts.groupBy(*COHORT).agg(F.collect_list(F.struct("kind", "period_number", "users")).alias("found"), size)
    until = f"least({by_interval(HORIZON)}, {by_interval(last_begun(as_of))} - cohort)"
    begun = cohorts.withColumn("until", F.expr(until)).where("until >= 0")
    # Alike in which fields may be null: the native engine unites no others.
    united = F.expr(f"concat(cast(found as {_COUNTS}), cast({_ZEROS} as {_COUNTS}))")
    rows = begun.select(*COHORT, "cohort_size", "until", F.inline(united)).where("period_number <= until")
    return rows.groupBy(*COHORT, "cohort_size", "kind", "period_number").agg(F.sum("users").alias("users"))


_COUNTS = "array<struct<kind:string,period_number:int,users:bigint>>"
_ZEROS = """flatten(transform(sequence(0, until), n -> transform(array('on', 'on_or_after'),
    k -> named_struct('kind', k, 'period_number', n, 'users', 0L))))"""
_COHORT_KINDS = """inline(array(named_struct('cohort_kind', 'first_time', 'users', first_time),
    named_struct('cohort_kind', 'recurring', 'users', recurring)))"""
