"""What an event does not say of its user, OF_USER: it is what the first of the user's events that says it says.

Events are in one order: by time, then the source's sequence number, then event_id. A visitor has only what its event says. What no
event of the user says is looked up in the user's own record, where the source has one (`lakehouse.refresh.lookups`).

Rows are those of one source; `reported_country` and the like are what the event itself says.
"""

from functools import reduce

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

# What an event may say of its user.
OF_USER = ("country", "device", "traffic_source")


def as_reported(rows: DataFrame, names: tuple[str, ...] = OF_USER) -> DataFrame:
    """Rows from a contract, in which these columns are as the event gives them, with copies of them in `reported_…`.

    A column that the rows do not have, since it is looked up later, no event gives.
    """
    there = rows.columns
    nothing = F.lit(None).cast("string")
    return rows.withColumns({f"reported_{name}": F.col(name) if name in there else nothing for name in names})


def in_order() -> WindowSpec:
    """The events of an actor, the user or else the visitor, the first one first."""
    visitor = F.when(F.col("user_id").isNull(), F.col("anonymous_id"))
    return Window.partitionBy("user_id", visitor).orderBy("occurred_at", "sequence_number", "event_id")


def with_known(rows: DataFrame) -> DataFrame:
    """The rows with OF_USER computed from what the events report. Correct for every user whose events are all in `rows`."""
    there = rows.columns
    all_of_actor = in_order().rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    known = {name: F.first(f"reported_{name}", ignorenulls=True).over(all_of_actor) for name in OF_USER if name in there}
    of_user = {name: F.when(F.col("user_id").isNotNull(), first) for name, first in known.items()}
    return rows.withColumns({name: F.coalesce(f"reported_{name}", first) for name, first in of_user.items()})


def any_lacking(rows: DataFrame, columns: tuple[str, ...]) -> bool:
    """Whether a row of a user lacks one of the columns."""
    if not columns:
        return False
    lacks = reduce(Column.__or__, [F.col(name).isNull() for name in columns])
    return not rows.where(lacks & F.col("user_id").isNotNull()).select("user_id").isEmpty()


def known_anew(there: DataFrame, applied: DataFrame, revisited: DataFrame | None, is_by_events: bool) -> DataFrame:
    """The rows that arrived, and all others whose OF_USER may change by them or by the users of `revisited`, recomputed.

    there: the source's existing rows. applied: what `stitching.arrived` returns. is_by_events: whether any event of a user lacks
    something, so that other events of the user decide. Returns the columns of the rows that arrived.
    """
    rows = applied.drop("_was_user_id", "_was_anonymous_id")
    users = [applied.select("user_id"), applied.select(F.col("_was_user_id").alias("user_id"))] if is_by_events else []
    users += [revisited.select("user_id")] if revisited is not None else []
    touched = reduce(DataFrame.union, users).where("user_id is not null").select(F.col("user_id").alias("_user")).distinct()
    theirs = there.join(touched, on=there["user_id"] == touched["_user"], how="left_semi")
    kept = theirs.join(rows.select("event_id"), on="event_id", how="left_anti")
    before = kept.withColumns({name: F.col(f"reported_{name}") for name in OF_USER}).select(rows.columns)
    return with_known(rows.unionByName(before))
