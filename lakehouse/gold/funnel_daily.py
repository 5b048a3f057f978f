"""Entrants of each declared funnel by day, with conversion and time to convert.

Grain: one row per funnel, UTC day of entry, breakdown, its value, and step. breakdown = 'all' and breakdown_value = 'all' is
the row over everyone; of other breakdowns, the value is the entry event's, or 'unknown' where it has none.
Scope: the funnels of `conf/funnels.yaml`; a changed one recomputes only its own rows. An actor is a user, where no user is
known a visitor, or a session; it counts once for each day on which it has an entry event, with the chain of events that
starts at an entry of that day: the deepest, the earliest on a tie (`reentry: best`), or that of the day's first entry
(`first`). `lakehouse.funnels.chains` describes how events form a chain: `ordered`, `strict` (nothing between) or `any` order,
each step at most a window after the entry, ended by an exclusion's event between two steps; events of one moment without the
source's sequence number are taken in the order that lets the chain go furthest.
In any order, step k means that any k of the steps were taken.
Limits: only mature rows have rates, those whose whole day of entry is at least a window before `as_of`.
The sum over days exceeds the number of distinct actors in a range, as an actor counts on each day.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.funnels.counts import counts
from lakehouse.funnels.declaration import Funnel, Funnels
from lakehouse.funnels.entrants import entrants
from lakehouse.funnels.entries import entry_actors
from libs.tables import BOOLEAN, DATE, DOUBLE, INTEGER, LONG, STRING, Column, Reconciliation, Slices, Table, fail

TABLE = Table(
    name="gold.funnel_daily",
    comment="Entrants and conversion of each declared funnel, by day of entry, breakdown and step",
    columns=[
        Column("funnel", STRING, "name of the funnel, as declared", nullable=False),
        Column("entry_date", DATE, "day of the entry event", "UTC day", nullable=False),
        Column("breakdown", STRING, "column of the entry event, or 'all'", nullable=False),
        Column("breakdown_value", STRING, "its value, 'unknown' where it has none, or 'all'", nullable=False),
        Column("step_number", INTEGER, "step, from 1, the entry", nullable=False),
        Column("step_name", STRING, "name of the step, or in any order how many of the steps", nullable=False),
        Column("entrants", LONG, "actors that entered that day", "actors", nullable=False),
        Column("converted", LONG, "entrants that reached the step", "actors", nullable=False),
        Column("conversion_from_start", DOUBLE, "converted / entrants, where mature", "rate 0 to 1"),
        Column("conversion_from_previous", DOUBLE, "converted / converted at the last required step before it", "rate 0 to 1"),
        Column("median_seconds", DOUBLE, "median time from entry to the step, of those that reached it", "seconds"),
        Column("average_seconds", DOUBLE, "average time from entry to the step, of those that reached it", "seconds"),
        Column("is_mature", BOOLEAN, "whether the window of everyone who entered that day had ended at as_of", nullable=False),
    ],
    primary_key=["funnel", "entry_date", "breakdown", "breakdown_value", "step_number"],
    sources=["silver.events"],
    refresh=Slices(
        by="entry_date", of={"silver.events": "event_date"}, lookahead_days=lambda funnels: funnels.longest_window_days
    ),
    items={"funnels": "funnel"},
    expectations=[
        fail("entrants > 0 and converted between 0 and entrants"),
        fail("step_number > 1 or converted = entrants", "every entrant has reached the first step"),
        fail("is_mature = (conversion_from_start is not null)"),
        fail("conversion_from_previous between 0 and 1"),
        fail("(converted = 0) = (median_seconds is null) and (converted = 0) = (average_seconds is null)"),
    ],
    reconciliations=[
        Reconciliation(
            name="entrants",
            meaning="entrants of a funnel on a day = distinct actors of its entry event",
            by={"funnel": "funnel", "entry_date": "entry_date"},
            own="sum(entrants)",
            where="breakdown = 'all' and step_number = 1",
            tables=["silver.events"],
            other=entry_actors,
        )
    ],
)


def transform(events: DataFrame, as_of: datetime, funnels: Funnels) -> DataFrame:
    """Count the entrants of each day by breakdown and step."""
    if not funnels.funnels:
        return events.where("false").select(*(F.lit(None).cast(c.type).alias(c.name) for c in TABLE.columns))
    counted = counts(entrants(events, funnels), funnels).withColumn("entry_date", F.date_from_unix_date("day"))
    is_mature = F.col("entry_date") <= _of(funnels, lambda f: F.lit(_last_mature_day(f, as_of)))
    return counted.withColumn("is_mature", is_mature).select(
        _of(funnels, lambda f: F.lit(f.name)).alias("funnel"),
        "entry_date",
        "breakdown",
        "breakdown_value",
        (F.col("position") + 1).alias("step_number"),
        F.get(_of(funnels, lambda f: F.array(*map(F.lit, f.row_names))), "position").alias("step_name"),
        "entrants",
        "converted",
        _rate("entrants").alias("conversion_from_start"),
        _rate("converted_before").alias("conversion_from_previous"),
        "median_seconds",
        "average_seconds",
        "is_mature",
    )


def _of(funnels: Funnels, value: Callable[[Funnel], SparkColumn]) -> SparkColumn:
    """The value of the row's funnel."""
    return F.coalesce(*(F.when(F.col("funnel") == number, value(f)) for number, f in enumerate(funnels.funnels)))


def _last_mature_day(funnel: Funnel, as_of: datetime) -> date:
    return (as_of - funnel.window - timedelta(days=1)).astimezone(UTC).date()


def _rate(base: str) -> SparkColumn:
    """A rate, for mature rows; null where nobody could convert."""
    return F.when(F.col("is_mature") & (F.col(base) > 0), F.col("converted") / F.col(base))
