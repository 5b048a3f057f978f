"""Paths of sessions: how many went from one step to the next, as the edges of a Sankey diagram.

Grain: one row per UTC day on which sessions began, step number, step and step before it. A step is the type of an event;
consecutive events of one type are one step, so that ten page views do not fill the path.
Edge n leads to the n-th step of a session. It comes from '(start)' where n is 1, and leads to '(exit)' where the session
ends, or to '(more)' where it continues beyond STEPS steps or beyond the day after its first event. Each session has one
edge to '(exit)' or '(more)'. An event whose type is one of these words, or the report's '(others)', stands in one more pair of
parentheses: the type '(exit)' is the step '((exit))', '((exit))' is '(((exit)))'.
Always: as many sessions reach a step as leave it, on each day and at each step number.
Events are in one stable order: by time, then the source's sequence number (none first), then event_id. At one moment without
numbers it is as good as any other, where a funnel takes the order that lets its chain go furthest.
Scope: sessions of `silver.sessions` with events before `as_of`; events without a session are in no path.
"""

from pyspark.sql import DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from lakehouse.definitions.union import united
from libs.tables import DATE, INTEGER, LONG, STRING, Column, Slices, Table, fail

STEPS = 8
START, EXIT, MORE = "(start)", "(exit)", "(more)"
# Steps that a reader of the table counts as one.
OTHERS = "(others)"
# Steps that are no events, and types of events that could be taken for them, in any number of parentheses.
NO_EVENT = f"[(]+({'|'.join(step.strip('()') for step in (START, EXIT, MORE, OTHERS))})[)]+"

TABLE = Table(
    name="gold.paths",
    comment="Paths of sessions: steps one after another, as edges",
    columns=[
        Column("activity_date", DATE, "day on which the sessions began", "UTC day", nullable=False),
        Column("step_number", INTEGER, "number of the step that the edge leads to, from 1", nullable=False),
        Column("from_step", STRING, "type of the event before, '(start)' for the first step", nullable=False),
        Column(
            "to_step",
            STRING,
            "type of the event, '(exit)' at the end, '(more)' where it continues; a type of such a name is '((exit))'",
            nullable=False,
        ),
        Column("sessions", LONG, "sessions that took this edge", "sessions", nullable=False),
    ],
    primary_key=["activity_date", "step_number", "from_step", "to_step"],
    sources=["silver.sessions", "silver.events"],
    # A session that began in the evening continues on the next day.
    refresh=Slices(
        by="activity_date", of={"silver.sessions": "cast(started_at as date)", "silver.events": "event_date"}, lookahead_days=1
    ),
    expectations=[
        fail("sessions > 0"),
        fail(f"step_number between 1 and {STEPS + 1}"),
        fail(f"(step_number = 1) = (from_step = '{START}')", "every path begins once"),
        fail(f"from_step not in ('{EXIT}', '{MORE}') and to_step <> '{START}'", "nothing follows the end"),
        fail(f"step_number <= {STEPS} or to_step in ('{EXIT}', '{MORE}')", "every path ends"),
        fail("from_step <> to_step", "consecutive events of one type are one step"),
    ],
)


def transform(sessions: DataFrame, events: DataFrame) -> DataFrame:
    """Put each session's steps in order and count the edges by the day on which it began."""
    edges = _edges(_steps(_together(sessions, events)))
    day = F.to_date("started_at").alias("activity_date")
    return edges.groupBy(day, "step_number", "from_step", "to_step").agg(F.count(F.lit(1)).alias("sessions"))


def _together(sessions: DataFrame, events: DataFrame) -> DataFrame:
    """Each session's '(start)', with its start and end, and its events: united, so that one exchange serves both."""
    event_type = F.coalesce("event_type", F.lit("unknown"))
    is_like_none = event_type.rlike(rf"^{NO_EVENT}\z")
    step = F.when(is_like_none, F.concat(F.lit("("), event_type, F.lit(")"))).otherwise(event_type).alias("step")
    steps = events.select("session_id", "occurred_at", "sequence_number", "event_id", step)
    starts = sessions.select("session_id", "started_at", "ended_at", F.lit(START).alias("step"))
    return united([starts, steps]).where("session_id is not null")


def _steps(rows: DataFrame) -> DataFrame:
    """The '(start)' of each session and its steps in order, repeats left out, up to a day after its first event."""
    until_now = _in_order().rowsBetween(Window.unboundedPreceding, Window.currentRow)
    followed = rows.select(
        *("session_id", "occurred_at", "sequence_number", "event_id", "step"),
        F.first("started_at").over(until_now).alias("started_at"),
        F.first("ended_at").over(until_now).alias("ended_at"),
        F.lag("step").over(_in_order()).alias("before"),
    )
    is_step = "before is null or (step <> before and occurred_at <= started_at + interval 1 day)"
    return followed.where(f"started_at is not null and ({is_step})")


def _edges(steps: DataFrame) -> DataFrame:
    """From each step to the next, or to the end."""
    numbered = steps.select(
        *("started_at", "ended_at", "step"),
        F.row_number().over(_in_order()).alias("step_number"),
        F.lead("step").over(_in_order()).alias("next"),
    )
    is_cut = F.col("next").isNotNull() | (F.col("ended_at") > F.col("started_at") + F.expr("interval 1 day"))
    end = F.when(is_cut, F.lit(MORE)).otherwise(F.lit(EXIT))
    goes_on = F.col("next").isNotNull() & (F.col("step_number") <= STEPS)
    to_step = F.when(goes_on, F.col("next")).otherwise(end).alias("to_step")
    shown = numbered.where(F.col("step_number") <= STEPS + 1)
    return shown.select("started_at", "step_number", F.col("step").alias("from_step"), to_step)


def _in_order() -> WindowSpec:
    """A session's '(start)' first: it has no time of its own."""
    return Window.partitionBy("session_id").orderBy("occurred_at", "sequence_number", "event_id")
