"""Events of each session on each day, for all tables that do not need single events.

Grain: one row per session, UTC day, user, visitor, device, country, traffic source and source. Most sessions have one row
a day; one in which a visitor signs in, or the device changes, has a row for each, so that counts by user, by device or by
country add up to the events. A missing device, country or traffic source is 'unknown'.
Scope: every event before `as_of`; events without a session have an empty session_id.
"""

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.provenance import SOURCE
from libs.tables import DATE, LONG, STRING, TIMESTAMP, Column, Slices, Table, fail

TABLE = Table(
    name="silver.session_activity_daily",
    comment="Events of each session on each day, counted by type",
    columns=[
        SOURCE,
        Column("session_id", STRING, "session, empty for events without one"),
        Column("activity_date", DATE, "day of the events", "UTC day", nullable=False),
        Column("user_id", STRING, "identified user, empty for a visitor"),
        Column("anonymous_id", STRING, "visitor, by the source's id"),
        Column("device", STRING, "device or browser of the events, else the user's, else 'unknown'", nullable=False),
        Column("country", STRING, "country of the events, else the user's, else 'unknown'", nullable=False),
        Column("traffic_source", STRING, "traffic source of the events, else the user's, else 'unknown'", nullable=False),
        Column("events", LONG, "events of any type", "events"),
        Column("page_views", LONG, "views of pages that are not a product's", "events"),
        Column("product_views", LONG, "product views", "events"),
        Column("cart_additions", LONG, "products added to the cart", "events"),
        Column("purchases", LONG, "purchase events", "events"),
        Column("cancels", LONG, "cancel events", "events"),
        Column("first_at", TIMESTAMP, "first event", "UTC"),
        Column("last_at", TIMESTAMP, "last event", "UTC"),
        Column("entry_sequence_number", LONG, "the source's number of the first event, orders events with equal timestamps"),
        Column("entry_page", STRING, "page of the first event"),
        Column("exit_sequence_number", LONG, "the source's number of the last event, orders events with equal timestamps"),
        Column("exit_page", STRING, "page of the last event"),
    ],
    primary_key=[
        "session_id",
        "activity_date",
        "user_id",
        "anonymous_id",
        "device",
        "country",
        "traffic_source",
        "source",
    ],
    sources=["silver.events"],
    refresh=Slices(by="activity_date", of={"silver.events": "event_date"}),
    expectations=[
        fail("events >= page_views + product_views + cart_additions + purchases + cancels", "each event is of one type"),
        fail("events > 0"),
        fail("first_at <= last_at"),
        fail("to_date(first_at) = activity_date and to_date(last_at) = activity_date", "its events are on the day"),
    ],
)


def transform(events: DataFrame) -> DataFrame:
    """Count `silver.events` by session, day and the attributes of the grain.

    Events are ordered by time, then the source's sequence number, then event_id.
    """
    # The session comes first: rows are sorted by these, as pages are strings, and it alone distinguishes most of them.
    keys = [F.col("session_id"), F.col("event_date").alias("activity_date"), *map(F.col, ("source", "user_id", "anonymous_id"))]
    keys += [F.coalesce(name, F.lit("unknown")).alias(name) for name in ("device", "country", "traffic_source")]
    moment = F.struct("occurred_at", "sequence_number", "event_id", "page")
    counted = events.groupBy(*keys).agg(
        F.count(F.lit(1)).alias("events"),
        _of_type("page_view").alias("page_views"),
        _of_type("view").alias("product_views"),
        _of_type("add_to_cart").alias("cart_additions"),
        _of_type("purchase").alias("purchases"),
        _of_type("cancel").alias("cancels"),
        # Not min and max of the struct, which the native engine computes many times slower (docs/engines.md).
        F.sort_array(F.collect_list(moment)).alias("moments"),
    )
    known = counted.withColumns({"first": F.get("moments", F.lit(0)), "last": F.element_at("moments", -1)})
    ends = {
        "first_at": F.col("first.occurred_at"),
        "last_at": F.col("last.occurred_at"),
        "entry_sequence_number": F.col("first.sequence_number"),
        "entry_page": F.col("first.page"),
        "exit_sequence_number": F.col("last.sequence_number"),
        "exit_page": F.col("last.page"),
    }
    return known.withColumns(ends).select(*TABLE.column_names)


def _of_type(event_type: str) -> SparkColumn:
    return F.count_if(F.col("event_type") == event_type)
