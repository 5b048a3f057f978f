"""New, returning, resurrecting and dormant users of each day, week and month.

Grain: one row per interval (`day`, `week`, `month`) and period in which, or in the one before which, a user was active.
An identified user with at least one event in a period is active in it: *new* in the first such period ever, *returning*
when active in the period before too, *resurrecting* otherwise. *Dormant*: active in the period before and not in this one.
Always: active = new + returning + resurrecting, and dormant(t) = active(t-1) - returning(t).
Scope: facts before `as_of`; the period of `as_of` has is_complete = false.
"""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.definitions.periods import ACTIVE_PERIODS, INTERVALS, by_interval, last_begun, number_of, start_of
from libs.tables import BOOLEAN, DATE, LONG, STRING, Column, Full, Reconciliation, Table, fail

KINDS = {"new_users": "new", "returning_users": "returning", "resurrecting_users": "resurrecting", "dormant_users": "dormant"}

TABLE = Table(
    name="gold.lifecycle",
    comment="New, returning, resurrecting and dormant users by day, week and month",
    columns=[
        Column("interval", STRING, "day, week (from Monday) or month", nullable=False),
        Column("period_start", DATE, "first day of the period", "UTC day", nullable=False),
        Column("active_users", LONG, "users active in the period", "users"),
        Column("new_users", LONG, "active for the first time ever", "users"),
        Column("returning_users", LONG, "active in the period before too", "users"),
        Column("resurrecting_users", LONG, "active earlier, and not in the period before", "users"),
        Column("dormant_users", LONG, "active in the period before, and not in this one", "users"),
        Column("is_complete", BOOLEAN, "whether the period had ended at as_of"),
    ],
    primary_key=["interval", "period_start"],
    sources=["gold.user_activity_daily"],
    # Whether a user is new depends on all of their days, so it is recomputed in full, from user_activity_daily only.
    refresh=Full(),
    expectations=[
        fail("active_users = new_users + returning_users + resurrecting_users", "each active user is of one kind"),
        fail("new_users >= 0 and returning_users >= 0 and resurrecting_users >= 0 and dormant_users >= 0"),
    ],
    reconciliations=[
        Reconciliation(
            name="active_users",
            meaning="new + returning + resurrecting = distinct identified users in silver's events of the period",
            by={"interval": "interval", "period_start": "period_start"},
            own="sum(new_users + returning_users + resurrecting_users)",
            tables=["silver.events"],
            other=f"select interval, period_start, count(*) as value from ({ACTIVE_PERIODS}) group by all",
        ),
        Reconciliation(
            name="dormant_users",
            meaning="active in the period before - returning = users of the period before without an event in this one",
            by={"interval": "interval", "period_start": "period_start"},
            own="sum(dormant_users)",
            tables=["silver.events"],
            other=f"""select earlier.interval, earlier.next_start as period_start, count(*) as value
                from ({ACTIVE_PERIODS}) as earlier anti join ({ACTIVE_PERIODS}) as later
                on earlier.interval = later.interval and earlier.user_id = later.user_id and earlier.next_start = later.period_start
                where earlier.next_start < (select as_of from run) group by all""",
        ),
    ],
)


def transform(user_activity_daily: DataFrame, as_of: datetime) -> DataFrame:
    """Count users by kind in each period that began before `as_of` (UTC). One shuffle: of days, by user."""
    days = user_activity_daily.where("events > 0").select("user_id", F.unix_date("activity_date").alias("day"))
    users = days.groupBy("user_id").agg(F.collect_list("day").alias("days"))
    moves = users.select(F.expr(_BY_INTERVAL)).select("interval", F.expr(_MOVES))
    shown = moves.where(f"period <= {by_interval(last_begun(as_of))}")
    counted = shown.groupBy("interval", "period").agg(
        F.count_if(F.col("kind") != "dormant").alias("active_users"),
        *[F.count_if(F.col("kind") == kind).alias(name) for name, kind in KINDS.items()],
    )
    ended = start_of("period + 1").cast("timestamp") <= F.lit(as_of)
    dated = counted.withColumns({"period_start": start_of("period"), "is_complete": ended})
    return dated.select(*TABLE.column_names)


def _periods(interval: str) -> str:
    return f"sort_array(array_distinct(transform(days, d -> {number_of(interval, 'd')})))"


# A user's active periods, ascending: a row per interval.
_BY_INTERVAL = (
    "inline(array(" + ", ".join(f"named_struct('interval', '{name}', 'p', {_periods(name)})" for name in INTERVALS) + "))"
)
_MOVES = """inline(concat(
    transform(p, (x, i) -> named_struct('period', x, 'kind',
        case when i = 0 then 'new' when get(p, i - 1) = x - 1 then 'returning' else 'resurrecting' end)),
    transform(filter(p, (x, i) -> get(p, i + 1) is distinct from x + 1), x -> named_struct('period', x + 1, 'kind', 'dormant'))))"""
