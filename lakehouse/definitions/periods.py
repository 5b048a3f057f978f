"""Calendar periods as numbers: days, ISO weeks (from Monday) and months in UTC, counted so that neighbours differ by one.

Numbers let a user's periods be compared by subtraction; `start` converts one back to a date.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from pyspark.sql import Column
from pyspark.sql import functions as F

INTERVALS = ("day", "week", "month")
# SQL over {n}, a day's number (days since 1970-01-01, a Thursday). Weeks are counted from long before it, as `div` cuts towards 0.
_NUMBER = {
    "day": "{n}",
    "week": "(({n} + 700003) div 7 - 100000)",
    "month": "(year(date_from_unix_date({n})) * 12 + month(date_from_unix_date({n})) - 1)",
}
_START = {
    "day": "date_from_unix_date(cast({p} as int))",
    "week": "date_from_unix_date(cast({p} * 7 - 3 as int))",
    "month": "make_date(cast({p} div 12 as int), cast({p} % 12 as int) + 1, 1)",
}
# For DuckDB: users and their days, from the events themselves.
_DAYS = "select distinct user_id, event_date from silver.events where user_id is not null"
_FIRST_DAYS = "select user_id, min(event_date) as event_date from silver.events where user_id is not null group by user_id"
_PERIODS = """select distinct unnest(['day', 'week', 'month']) as interval, user_id,
    cast(unnest([event_date, date_trunc('week', event_date), date_trunc('month', event_date)]) as date) as period_start,
    cast(unnest([event_date + interval 1 day, date_trunc('week', event_date) + interval 7 day,
        date_trunc('month', event_date) + interval 1 month]) as date) as next_start
    from ({days})"""
# For DuckDB: a row for each interval and period in which an identified user has an event, and for the first of these alone.
ACTIVE_PERIODS = _PERIODS.format(days=_DAYS)
FIRST_PERIODS = _PERIODS.format(days=_FIRST_DAYS)


def number_of(interval: str, day: str) -> str:
    """SQL: the number of the period that holds the day with the number `day`, a SQL expression (`unix_date(...)`)."""
    return f"cast({_NUMBER[interval].format(n=day)} as int)"


def start_of(period: str) -> Column:
    """The first day of the period with the number `period`, a SQL expression, of the row's column `interval`."""
    cases = " ".join(f"when '{name}' then {sql.format(p=f'({period})')}" for name, sql in _START.items())
    return F.expr(f"case `interval` {cases} end")


def last_begun(as_of: datetime) -> Mapping[str, int]:
    """The number of the last period of each interval that began before `as_of`."""
    day = (as_of.astimezone(UTC) - timedelta(microseconds=1)).date()
    days = (day - date(1970, 1, 1)).days
    return {"day": days, "week": (days + 3) // 7, "month": day.year * 12 + day.month - 1}


def by_interval(values: Mapping[str, int]) -> str:
    """SQL: the value of the row's column `interval`."""
    return "case `interval` " + " ".join(f"when '{name}' then {value}" for name, value in values.items()) + " end"
