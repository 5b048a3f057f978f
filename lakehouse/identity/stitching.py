"""User and session of events, for sources that give no session.

An anonymous id that occurs with exactly one user belongs to that user, from its first event on; one that occurs with two users
is ambiguous: it is not stitched. A session is a series of events of one actor, the user or else the visitor, with gaps of at
most SESSION_GAP_MINUTES; exactly that gap is still the same session. Events are ordered by time, then the source's sequence
number, then event_id. The session's id is that of its first event.

What an event does not say of its user is completed then (`lakehouse.identity.known`).

Rows are those of one source. `reported_user_id` is the user that the event itself names, `reported_country` and the like what it
says of OF_USER.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.identity.known import OF_USER, as_reported, in_order, with_known

SESSION_GAP_MINUTES = 30
# Raise it when what is computed of events here, or in `known`, was silently wrong: tables with such rows are then recomputed.
STITCHING = 3
# What the rows of a source are given, each from what the event itself says, in `reported_…`.
COMPUTED = ("user_id", *OF_USER)
# What `touched` needs of a row that was added, deleted or changed.
ACTOR = ("anonymous_id", "user_id")


def as_given(rows: DataFrame) -> DataFrame:
    """Rows from a contract, whose COMPUTED columns are as the event gives them, with copies of these in `reported_…`."""
    return as_reported(rows, COMPUTED)


def stitched(rows: DataFrame) -> DataFrame:
    """The rows with `user_id`, `session_id` and OF_USER computed from what the events report.

    Correct for every actor, and every anonymous id, whose events are all in `rows`.
    """
    return with_known(_in_sessions(rows.withColumn("user_id", F.coalesce("reported_user_id", _only_user()))))


def _only_user() -> Column:
    """The one user with whom the row's anonymous id occurs, else null."""
    # Rows without an anonymous id would be one large group: each is a group of its own.
    alone = F.when(F.col("anonymous_id").isNull(), F.col("event_id"))
    visitor = Window.partitionBy("anonymous_id", alone).rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    first, last = F.min("reported_user_id").over(visitor), F.max("reported_user_id").over(visitor)
    return F.when(first == last, first)


def _in_sessions(rows: DataFrame) -> DataFrame:
    of_actor = in_order()
    before = F.last("occurred_at").over(of_actor.rowsBetween(-1, -1))
    is_near = F.col("occurred_at") <= before + F.expr(f"interval {SESSION_GAP_MINUTES} minutes")
    first_event = F.when(~F.coalesce(is_near, F.lit(False)), F.col("event_id"))
    latest_first = F.last("_first_event", ignorenulls=True).over(of_actor.rowsBetween(Window.unboundedPreceding, 0))
    return rows.withColumn("_first_event", first_event).withColumn("session_id", latest_first).drop("_first_event")


def arrived(there: DataFrame, fresh: DataFrame, wins: str) -> DataFrame:
    """Those of the `fresh` rows that are new or replace a row of `there`, with its ACTOR as `_was_…`.

    wins: a SQL condition under which `s`, a fresh row, replaces `t`, the existing row of its event_id.
    """
    known = there.alias("t")
    joined = fresh.alias("s").join(known, on=F.expr("s.event_id = t.event_id"), how="left")
    applied = joined.where(f"t.event_id is null or ({wins})")
    return applied.select("s.*", *[F.col(f"t.{name}").alias(f"_was_{name}") for name in ACTOR])


def recomputed(there: DataFrame, applied: DataFrame, revisited: DataFrame | None = None) -> DataFrame:
    """All rows whose user or session may change by `applied`, and those of the actors of `revisited`, recomputed.

    there: the source's existing rows. applied: what `arrived` returns. Returns the columns of the rows that arrived.
    """
    was = applied.select(*[F.col(f"_was_{name}").alias(name) for name in ACTOR])
    touches = applied.select(*ACTOR).unionByName(was)
    if revisited is not None:
        touches = touches.unionByName(revisited.select(*ACTOR))
    rows = applied.drop(*[f"_was_{name}" for name in ACTOR])
    kept = touched(there, touches).join(rows.select("event_id"), on="event_id", how="left_anti")
    before = kept.withColumns({name: F.col(f"reported_{name}") for name in COMPUTED}).select(rows.columns)
    return stitched(rows.unionByName(before))


def touched(there: DataFrame, touches: DataFrame) -> DataFrame:
    """The rows of `there` whose user or session may change when rows of the actors `touches` are added, deleted or changed.

    These are all events of the anonymous ids that were touched, and all events of users who were touched, have an event
    under such an id, or had one: no other user gains or loses an event. An anonymous id that was not touched keeps its
    user, and so do its events among these.
    """
    visitors = touches.select(F.col("anonymous_id").alias("_visitor")).where("_visitor is not null").distinct()
    is_visitor = there["anonymous_id"] == visitors["_visitor"]
    theirs = there.join(visitors, on=is_visitor, how="left_semi").select("user_id")
    users = touches.select("user_id").unionByName(theirs).where("user_id is not null").distinct()
    users = users.select(F.col("user_id").alias("_user"))
    marked = there.join(visitors, on=is_visitor, how="left").join(users, on=there["user_id"] == users["_user"], how="left")
    return marked.where("_visitor is not null or _user is not null").drop("_visitor", "_user")


def ambiguous(rows: DataFrame) -> DataFrame:
    """The anonymous ids (`source`, `anonymous_id`) that occur with several users."""
    users = F.count_distinct("reported_user_id").alias("users")
    seen = rows.where("anonymous_id is not null and reported_user_id is not null").groupBy("source", "anonymous_id").agg(users)
    return seen.where("users > 1").select("source", "anonymous_id")
