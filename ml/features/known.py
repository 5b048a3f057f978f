"""Rows of silver as they were known: each version of a row with the moments from which on and until which it stood.

A row stands from its arrival (`_ingested_at`) on. What came as history counts as known when it happened: it has no such moment.
A row that was changed or removed later stood until then: the versions before are read from the change data of the table.
Limits: change data that maintenance deleted, or that a table computed in full no longer has, can't be read; a row then stands as
it is now, from its last arrival on.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from libs.store.port import Store
from libs.tables import Table

FROM, UNTIL = KNOWN_COLUMNS = "_known_from", "_known_until"
ARRIVED = "_ingested_at"


def versions(store: Store, table: Table, columns: Sequence[str], version: int, history_until: date | None) -> DataFrame:
    """All versions of the table's rows up to `version`: `columns`, `_known_from` (null for history) and `_known_until`.

    history_until: what arrived by the end of that day is history; without it, what the first run of each source took.
    """
    kept = list(dict.fromkeys([*table.primary_key, *columns, "source", ARRIVED]))
    begun = _begun(store, table.name, version)
    rows = store.read(table.name, begun).select(*kept)
    if begun < version:
        rows = _with_changes(rows, store.changes(table.name, begun, version), table.primary_key, kept)
    else:
        # Null as well, but no constant: to group by one takes the native engine many times as long.
        never = F.when(F.col(ARRIVED).isNull(), F.col(ARRIVED))
        rows = rows.withColumns({FROM: F.col(ARRIVED), UNTIL: never})
    return _with_history(rows, history_until).select(*columns, FROM, UNTIL)


def was_known(before: Column) -> Column:
    """Whether a version stood at the moment `before`, exclusive."""
    has_come = F.col(FROM).isNull() | (F.col(FROM) < before)
    return has_come & (F.col(UNTIL).isNull() | (F.col(UNTIL) >= before))


def stands() -> Column:
    """Whether it is the newest version."""
    return F.col(UNTIL).isNull()


def _begun(store: Store, name: str, version: int) -> int:
    """The version from which on the table's changes are known."""
    state = store.last_commit(name).state or {}
    generation = int(state.get("generation", version))
    return generation if generation < version and store.keeps_changes(name, generation) else version


def _with_changes(rows: DataFrame, changes: DataFrame, keys: Sequence[str], kept: Sequence[str]) -> DataFrame:
    """Each row as it was at first and after each change; a removal ends it."""
    first = rows.select(
        *kept, F.lit(-1).cast("bigint").alias("_at"), F.col(ARRIVED).alias("_moment"), F.lit(False).alias("_gone")
    )
    is_after = F.col("_change_type").isin("insert", "update_postimage", "delete")
    gone = F.col("_change_type") == "delete"
    at = F.col("_commit_version").cast("bigint").alias("_at")
    later = changes.where(is_after).select(
        *kept, at, F.col("_commit_timestamp").cast("timestamp").alias("_moment"), gone.alias("_gone")
    )
    in_order = Window.partitionBy(*keys).orderBy("_at", F.desc("_gone"))
    came = F.col(ARRIVED).eqNullSafe(F.lag(ARRIVED).over(in_order))
    # A row that changed without a new arrival, as where its visitor was identified, is known from the commit on.
    known = first.unionByName(later).withColumn(FROM, F.when(F.col("_gone") | came, F.col("_moment")).otherwise(F.col(ARRIVED)))
    return known.withColumn(UNTIL, F.lead(FROM).over(in_order)).where("not _gone").drop("_at", "_moment", "_gone")


def _with_history(rows: DataFrame, until: date | None) -> DataFrame:
    if until is not None:
        end = datetime.combine(until + timedelta(days=1), time.min, UTC)
        return rows.withColumn(FROM, F.when(F.col(FROM) >= F.lit(end), F.col(FROM)))
    first = rows.groupBy("source").agg(F.min(ARRIVED).alias("_first"))
    of_source = rows.join(F.broadcast(first), on="source", how="left")
    return of_source.withColumn(FROM, F.when(F.col(FROM) > F.col("_first"), F.col(FROM)))
