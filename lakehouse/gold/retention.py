"""How many of the users who were active in one period are active again in later ones.

Grain: one row per interval (day, week, month), activity, cohort_kind, cohort, period number and kind.
Activity: `event`, a day with at least one event; `order`, a day with an order line that was sold or returned.
Cohort: by cohort_kind, the users by the first period with such activity (`first_time`), or in every period with it
(`recurring`, so that a user is in several cohorts). Period n is n whole periods after the cohort's, up to HORIZON.
Kind: `on`, active in period n; `on_or_after`, active in n or any later period.
A row is mature when its period n is complete at `as_of`; others have no rate. Over cohorts, average weighted by size:
sum(retained_users) / sum(cohort_size) of mature rows.
"""

from datetime import datetime

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.definitions.periods import ACTIVE_PERIODS, INTERVALS, by_interval, last_begun, number_of, start_of
from libs.tables import BOOLEAN, DATE, DOUBLE, LONG, STRING, Column, Full, Reconciliation, Table, fail

HORIZON = {"day": 30, "week": 26, "month": 24}
ACTIVITIES = {"event": "events > 0", "order": "order_lines > 0 or net_revenue <> 0"}
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
            other=f"""select interval, first as cohort_start, count(*) as value from (
                select interval, user_id, min(period_start) as first from ({ACTIVE_PERIODS}) group by all) group by all""",
        )
    ],
)


def transform(user_activity_daily: DataFrame, as_of: datetime) -> DataFrame:
    """Count, for each cohort, the users who are active again. One shuffle of users' days; what follows is small."""
    days = F.unix_date("activity_date")
    found = {name: F.collect_list(F.when(F.expr(sql), days)).alias(name) for name, sql in ACTIVITIES.items()}
    periods = user_activity_daily.groupBy("user_id").agg(*found.values()).select(F.expr(_PERIODS)).where("size(p) > 0")
    seen = periods.select("interval", "activity", F.expr(_SEEN))
    counts = seen.groupBy(*COHORT, "kind", "period_number").agg(F.count(F.lit(1)).alias("users"))
    rows = _all_periods(counts, as_of)
    from_the_last = Window.partitionBy(*COHORT, "kind").orderBy(F.desc("period_number"))
    retained = F.when(F.col("kind") == "on", F.col("users")).otherwise(F.sum("users").over(from_the_last))
    is_mature = start_of("cohort + period_number + 1").cast("timestamp") <= F.lit(as_of)
    named = {"cohort_start": start_of("cohort"), "retained_users": retained, "is_mature": is_mature}
    rate = F.expr("case when is_mature then retained_users / cohort_size end")
    counted = rows.withColumns(named).withColumn("retention_rate", rate)
    return counted.withColumn("period_number", F.col("period_number").cast("long")).select(*TABLE.column_names)


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


def _period_structs() -> str:
    structs = [
        f"named_struct('interval', '{interval}', 'activity', '{activity}', 'h', {HORIZON[interval]},"
        f" 'p', sort_array(array_distinct(transform(`{activity}`, d -> {number_of(interval, 'd')}))))"
        for interval in INTERVALS
        for activity in ACTIVITIES
    ]
    return "inline(array(" + ", ".join(structs) + "))"


# A user's active periods, ascending: a row per interval and activity.
_PERIODS = _period_structs()


def _struct(cohort_kind: str, kind: str, cohort: str, number: str) -> str:
    return f"named_struct('cohort_kind', '{cohort_kind}', 'kind', '{kind}', 'cohort', {cohort}, 'period_number', {number})"


# Where a user is counted: in each active period, and in the last one (capped), from which on_or_after adds up.
_LAST = "least(element_at(p, -1) - {c}, h)"
_SEEN = f"""inline(concat(
    transform(filter(p, x -> x - p[0] <= h), x -> {_struct("first_time", "on", "p[0]", "x - p[0]")}),
    array({_struct("first_time", "on_or_after", "p[0]", _LAST.format(c="p[0]"))}),
    flatten(transform(p, c -> transform(filter(p, x -> x between c and c + h), x -> {_struct("recurring", "on", "c", "x - c")}))),
    transform(p, c -> {_struct("recurring", "on_or_after", "c", _LAST.format(c="c"))})))"""
