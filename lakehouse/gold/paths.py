"""What sessions do one step after another: how many went from one step to the next, as the edges of a Sankey picture.

Grain: one row per UTC day on which sessions began, step number, step and step before it. A step is the type of an event;
events of one type in a row are one step, as a click through ten pages says no more than that pages were looked at.
Edge n leads to the n-th step of a session. It comes from '(start)' where n is 1, and leads to '(exit)' where the session
ends; each session is on one edge to '(exit)' or '(more)'. '(more)': the session goes on beyond the STEPS steps, or beyond
the day after its first event, which are followed here.
Always: as many sessions come to a step as leave it, on each day and at each step number.
Scope: sessions of `silver.sessions` with events before `as_of`; events of no session are in no path.
"""

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from libs.table import DATE, INTEGER, LONG, STRING, Column, Slices, Table, fail

STEPS = 8
START, EXIT, MORE = "(start)", "(exit)", "(more)"

TABLE = Table(
    name="gold.paths",
    comment="Steps that sessions take one after another, as edges",
    columns=[
        Column("activity_date", DATE, "day on which the sessions began", "UTC day", nullable=False),
        Column("step_number", INTEGER, "number of the step that the edge leads to, from 1", nullable=False),
        Column("from_step", STRING, "type of the event before, '(start)' for the first step", nullable=False),
        Column("to_step", STRING, "type of the event, '(exit)' at the session's end, '(more)' where it goes on", nullable=False),
        Column("sessions", LONG, "sessions that took this edge", "sessions", nullable=False),
    ],
    primary_key=["activity_date", "step_number", "from_step", "to_step"],
    sources=["silver.sessions", "silver.events"],
    # A session that began in the evening goes on the next day.
    refresh=Slices(
        by="activity_date", of={"silver.sessions": "to_date(started_at)", "silver.events": "event_date"}, lookahead_days=1
    ),
    expectations=[
        fail("sessions > 0"),
        fail(f"step_number between 1 and {STEPS + 1}"),
        fail(f"(step_number = 1) = (from_step = '{START}')", "every path begins once"),
        fail(f"from_step not in ('{EXIT}', '{MORE}') and to_step <> '{START}'", "nothing follows the end"),
        fail(f"step_number <= {STEPS} or to_step in ('{EXIT}', '{MORE}')", "every path ends"),
        fail("from_step <> to_step", "repeats are one step"),
    ],
)


def transform(sessions: DataFrame, events: DataFrame) -> DataFrame:
    """Put each session's steps in order and count the edges by the day on which it began."""
    walked = _together(sessions, events).select("started_at", _path().alias("path"))
    edges = F.transform(F.sequence(F.lit(1), F.size("path") - 1), _edge)
    each = walked.select(F.to_date("started_at").alias("activity_date"), F.inline(edges))
    return each.groupBy("activity_date", "step_number", "from_step", "to_step").agg(F.count(F.lit(1)).alias("sessions"))


def _together(sessions: DataFrame, events: DataFrame) -> DataFrame:
    """One row a session, with its events in any order: united, as a join would send the rows through the same exchange."""
    step = F.struct(*("occurred_at", "sequence_number", "event_id"), F.coalesce("event_type", F.lit("unknown")).alias("step"))
    rows = events.select("session_id", step.alias("event")).unionByName(
        sessions.select("session_id", "started_at", "ended_at"), allowMissingColumns=True
    )
    whole = rows.where("session_id is not null").groupBy("session_id")
    found = whole.agg(
        F.max("started_at").alias("started_at"), F.max("ended_at").alias("ended_at"), F.collect_list("event").alias("events")
    )
    return found.where("started_at is not null")


def _path() -> SparkColumn:
    """The steps in order, repeats left out, between '(start)' and what the path ends with: one walk over the sorted events."""
    last = F.col("started_at") + F.expr("interval 1 day")

    def walk(path: SparkColumn, event: SparkColumn) -> SparkColumn:
        is_step = (event["occurred_at"] <= last) & (F.element_at(path, -1) != event["step"]) & (F.size(path) <= STEPS + 1)
        return F.when(is_step, F.concat(path, F.array(event["step"]))).otherwise(path)

    def ended(path: SparkColumn) -> SparkColumn:
        goes_on = (F.size(path) > STEPS + 1) | (F.col("ended_at") > last)
        return F.concat(F.slice(path, 1, STEPS + 1), F.array(F.when(goes_on, F.lit(MORE)).otherwise(F.lit(EXIT))))

    return F.aggregate(F.sort_array("events"), F.array(F.lit(START)), walk, ended)


def _edge(number: SparkColumn) -> SparkColumn:
    path = F.col("path")
    return F.struct(number.alias("step_number"), F.get(path, number - 1).alias("from_step"), F.get(path, number).alias("to_step"))
