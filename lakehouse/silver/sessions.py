"""Sessions, from their first event to their last.

Grain: one row per session_id. A session past midnight is one row; it belongs to the day on which it began.
Its user is the first that was identified in it; device, country and traffic source are those of its first event. Events are
in one stable order: by time, then the source's sequence number (none first), then event_id.
Scope: events before `as_of`; events without a session are excluded.
"""

from collections.abc import Sequence

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.contract.provenance import SOURCE
from libs.tables import BOOLEAN, LONG, STRING, TIMESTAMP, Column, Slices, Table, fail

COUNTS = ("events", "page_views", "product_views", "cart_additions", "purchases", "cancels")
FIRST = ("first_at", "entry_sequence_number")
LAST = ("last_at", "exit_sequence_number", "exit_page")
OF_FIRST = ("source", "anonymous_id", "device", "country", "traffic_source", "entry_page")

TABLE = Table(
    name="silver.sessions",
    comment="Sessions, from their first event to their last",
    columns=[
        SOURCE,
        Column("session_id", STRING, "session", nullable=False),
        Column("user_id", STRING, "first identified user of the session, empty for a visitor"),
        Column("anonymous_id", STRING, "visitor at the first event"),
        Column("started_at", TIMESTAMP, "first event", "UTC", nullable=False),
        Column("ended_at", TIMESTAMP, "last event", "UTC", nullable=False),
        Column("duration_seconds", LONG, "from the first event to the last", "seconds"),
        Column("events", LONG, "events of any type", "events"),
        Column("page_views", LONG, "views of pages that are not a product's", "events"),
        Column("product_views", LONG, "product views", "events"),
        Column("cart_additions", LONG, "products added to the cart", "events"),
        Column("purchases", LONG, "purchase events", "events"),
        Column("cancels", LONG, "cancel events", "events"),
        Column("has_purchase", BOOLEAN, "whether it has a purchase event"),
        Column("entry_page", STRING, "page of the first event"),
        Column("exit_page", STRING, "page of the last event"),
        Column("device", STRING, "device at the first event, or 'unknown'"),
        Column("country", STRING, "country at the first event, or 'unknown'"),
        Column("traffic_source", STRING, "traffic source of the first event, or 'unknown'"),
    ],
    primary_key=["session_id"],
    event_time="started_at",
    sources=["silver.session_activity_daily"],
    refresh=Slices(by="session_id"),
    expectations=[
        fail("started_at <= ended_at"),
        fail("events >= page_views + product_views + cart_additions + purchases + cancels", "each event is of one type"),
        fail("has_purchase = (purchases > 0)"),
    ],
)


def transform(session_activity_daily: DataFrame) -> DataFrame:
    """Combine the days and attributes of each session. Most have one row, which needs no list: lists are slow on Spark."""
    whole = Window.partitionBy("session_id").rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    of_sessions = session_activity_daily.where("session_id is not null")
    counted = of_sessions.withColumn("rows", F.count(F.lit(1)).over(whole))
    return _single(counted.where("rows = 1")).unionByName(_combined(counted.where("rows > 1")))


def _single(rows: DataFrame) -> DataFrame:
    """The sessions that have one row."""
    ends = {"first": F.struct(*FIRST, *OF_FIRST), "last": F.struct(*LAST), "identified": F.struct("user_id")}
    return _shown(rows.withColumns(ends))


def _combined(rows: DataFrame) -> DataFrame:
    """The sessions that have several rows: one list of them, as the native engine is slow at min and max of structs (docs/engines.md)."""
    days = F.collect_list(F.struct(*FIRST, *OF_FIRST, *LAST, "user_id")).alias("days")
    joined = rows.groupBy("session_id").agg(days, *[F.sum(name).alias(name) for name in COUNTS])
    identified = F.filter("days", lambda day: day["user_id"].isNotNull())
    ends = {
        "first": F.get(_sorted(F.col("days"), [*FIRST, *OF_FIRST]), F.lit(0)),
        "last": F.element_at(_sorted(F.col("days"), LAST), -1),
        "identified": F.get(_sorted(identified, [*FIRST, "user_id"]), F.lit(0)),
    }
    return _shown(joined.withColumns(ends))


def _shown(sessions: DataFrame) -> DataFrame:
    """The declared columns, from the counts and the structs first, last and identified."""
    return sessions.select(*[_column(name).alias(name) for name in TABLE.column_names])


def _sorted(days: SparkColumn, names: Sequence[str]) -> SparkColumn:
    """The fields `names` of each of the days, sorted by them in their order."""
    return F.sort_array(F.transform(days, lambda day: F.struct(*[day[name].alias(name) for name in names])))


def _column(name: str) -> SparkColumn:
    started_at, ended_at = F.col("first.first_at"), F.col("last.last_at")
    made = {
        "user_id": F.col("identified.user_id"),
        "started_at": started_at,
        "ended_at": ended_at,
        "duration_seconds": _seconds(ended_at) - _seconds(started_at),
        "has_purchase": F.col("purchases") > 0,
        "exit_page": F.col("last.exit_page"),
    }
    return made.get(name, F.col(f"first.{name}") if name in OF_FIRST else F.col(name))


def _seconds(moment: SparkColumn) -> SparkColumn:
    """Whole seconds since 1970, rounded down; the native engine's `unix_seconds` rounds up before 1970 (docs/engines.md)."""
    micros = F.unix_micros(moment)
    return ((micros - F.pmod(micros, F.lit(1_000_000))) / 1_000_000).cast("bigint")
