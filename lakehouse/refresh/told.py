"""Rows that an event tells of, such as the order of a purchase: they are of the event's version that stands, or are none.

An event that comes again as something else (a purchase corrected to a view, or its amount taken away) is no row for the feed of orders
any more, and what it told before would stay: each feed takes the rows that it is about, and the latest of these.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.provenance import ARRIVAL_ORDER
from lakehouse.refresh.fed import EVENT, EVENTS, Fed, is_told_by_events
from lakehouse.refresh.one_merge import Merging
from libs.store.conditions import Later, given, stored
from libs.store.dialects import spark_sql


def current(merging: Merging, fed: Fed, rows: DataFrame) -> DataFrame:
    """The feed's rows without those whose event came again since, as something that the feed does not take."""
    if not is_told_by_events(fed, merging.table):
        return rows
    return _beside(rows, merging.other(EVENTS), "left").where(~_is_outdated()).select("t.*")


def outdated(merging: Merging) -> DataFrame | None:
    """The keys of such rows in the table as it is now; None where there can't be any, as no event changed."""
    sources = [fed.source.source for fed in merging.feeds if is_told_by_events(fed, merging.table)]
    if not sources or merging.before is None:
        return None
    after, until = merging.before.consumed[EVENTS].version, merging.now[EVENTS].version
    if after == until:
        return None
    there = merging.store.read(merging.table.name).where(F.col("source").isin(sources))
    # Of events that changed more than once the last version is later than the others.
    found = _beside(there, merging.store.changes(EVENTS, after, until), "inner").where(_is_outdated())
    return found.select(*[f"t.{key}" for key in merging.table.primary_key]).distinct()


def _beside(rows: DataFrame, events: DataFrame, how: str) -> DataFrame:
    versions = events.select(EVENT, *ARRIVAL_ORDER)
    return rows.alias("t").join(versions.alias("s"), on=F.col(f"t.{EVENT}") == F.col(f"s.{EVENT}"), how=how)


def _is_outdated() -> Column:
    later = Later(tuple(map(given, ARRIVAL_ORDER)), tuple(map(stored, ARRIVAL_ORDER)))
    return F.col(f"s.{EVENT}").isNotNull() & F.coalesce(F.expr(spark_sql(later)), F.lit(False))
