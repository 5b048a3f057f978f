"""What users did and bought by day, in versions as they were known: what all features are computed from.

Of orders only what was known when they were placed counts: their lines and prices, not the status that they came to; a return
and a credit note count from their own day on.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.definitions.commerce import IS_CREDIT_NOTE
from lakehouse.definitions.union import united
from lakehouse.silver import events, order_items, products, users
from libs.tables import TOTAL, Table
from ml.features.known import KNOWN_COLUMNS

COUNTS = (
    *("events", "sessions", "page_views", "product_views", "cart_additions", "purchases"),
    *("orders", "order_lines", "returned_lines"),
)
EVENTS = ("event_id", "user_id", "session_id", "event_type", "occurred_at", "event_date", "product_id", "device")
ORDER_ITEMS = ("order_item_id", "order_id", "user_id", "product_id", "sale_price", "status", "sold_at", "returned_at")
PRODUCTS = ("product_id", "category")
USERS = ("user_id", "created_at", "age", "gender", "country", "traffic_source")
# The tables that features read, and of each the columns.
READ: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (events.TABLE, EVENTS),
    (order_items.TABLE, ORDER_ITEMS),
    (products.TABLE, PRODUCTS),
    (users.TABLE, USERS),
)


@dataclass(frozen=True)
class Facts:
    """Versions of silver rows, with the columns of READ and KNOWN_COLUMNS; an event or order line of no user is left out."""

    events: DataFrame
    order_items: DataFrame
    products: DataFrame
    users: DataFrame

    @classmethod
    def read(cls, versions: Callable[[Table, tuple[str, ...]], DataFrame]) -> "Facts":
        """The facts by a function that reads versions of a table's rows, with the named columns and KNOWN_COLUMNS."""
        done, sold, goods, people = (versions(table, columns) for table, columns in READ)
        return cls(done.where("user_id is not null"), sold.where("user_id is not null"), goods, people)


def daily(facts: Facts) -> DataFrame:
    """COUNTS and revenue (exact) by user_id, day and KNOWN_COLUMNS. A day may have several rows, of facts that became known separately."""
    parts = [_of_events(facts.events), _of_sales(facts.order_items), _of_returns(facts.order_items)]
    totals = [F.coalesce(F.sum(name), F.lit(0)).cast("bigint").alias(name) for name in COUNTS]
    revenue = F.coalesce(F.sum("revenue"), F.lit(0)).cast(TOTAL).alias("revenue")
    return united(parts).groupBy("user_id", "day", *KNOWN_COLUMNS).agg(*totals, revenue)


def device_days(facts: Facts) -> DataFrame:
    """Events by user_id, day, device and KNOWN_COLUMNS."""
    with_device = facts.events.where("device is not null")
    return with_device.groupBy("user_id", F.col("event_date").alias("day"), "device", *KNOWN_COLUMNS).agg(
        F.count("*").alias("events")
    )


def product_days(facts: Facts) -> DataFrame:
    """Products that a user viewed, put into the cart or ordered, by user_id, day, product_id and KNOWN_COLUMNS; a row each time."""
    seen = facts.events.where("product_id is not null").select(
        "user_id", F.col("event_date").alias("day"), "product_id", *KNOWN_COLUMNS
    )
    sold = facts.order_items.where("product_id is not null and sold_at is not null")
    ordered = sold.select("user_id", F.to_date("sold_at").alias("day"), "product_id", *KNOWN_COLUMNS)
    return seen.unionByName(ordered)


# Sessions and orders are counted in two steps: the native engine takes seven times as long for a distinct count of many groups.


def _of_events(rows: DataFrame) -> DataFrame:
    kinds = {"page_views": "page_view", "product_views": "view", "cart_additions": "add_to_cart", "purchases": "purchase"}
    counted = [F.count_if(F.col("event_type") == kind).alias(name) for name, kind in kinds.items()]
    by_session = rows.groupBy("user_id", F.col("event_date").alias("day"), "session_id", *KNOWN_COLUMNS)
    return (
        by_session.agg(F.count("*").alias("events"), *counted)
        .groupBy("user_id", "day", *KNOWN_COLUMNS)
        .agg(F.count("session_id").alias("sessions"), *[F.sum(name).alias(name) for name in ("events", *kinds)])
    )


def _of_sales(rows: DataFrame) -> DataFrame:
    is_sale = F.col("sale_price") >= 0
    sold = rows.where("sold_at is not null")
    by_order = sold.groupBy("user_id", F.to_date("sold_at").alias("day"), "order_id", *KNOWN_COLUMNS).agg(
        F.count_if(is_sale).alias("order_lines"),
        F.count_if(F.expr(IS_CREDIT_NOTE)).alias("returned_lines"),
        F.sum("sale_price").alias("revenue"),
    )
    return by_order.groupBy("user_id", "day", *KNOWN_COLUMNS).agg(
        F.count(F.when(F.col("order_lines") > 0, F.col("order_id"))).alias("orders"),
        *[F.sum(name).alias(name) for name in ("order_lines", "returned_lines", "revenue")],
    )


def _of_returns(rows: DataFrame) -> DataFrame:
    returned = rows.where("returned_at is not null and sale_price >= 0")
    by_day = returned.groupBy("user_id", F.to_date("returned_at").alias("day"), *KNOWN_COLUMNS)
    return by_day.agg(F.count("*").alias("returned_lines"))
