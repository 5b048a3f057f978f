"""What each identified user did and bought on each day: the source of all counts of users.

Grain: one row per user and UTC day on which they had an event, began a session or had an order line. A day on which
they were active has events > 0; a credit note alone makes a day with negative revenue and no event.
Sessions are counted on the day on which they began, so that their sum over days is right. An order is counted on each
day that has a line of it that was sold and not cancelled; lines of one order may be of several days.
Scope: identified users, facts before `as_of`. Guest orders are in `gold.revenue_daily` only.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.definitions.commerce import GROSS_REVENUE, IS_SALE, NET_REVENUE, PROFIT
from lakehouse.definitions.union import united
from libs.tables import DATE, LONG, STRING, TOTAL, Column, Reconciliation, Slices, Table, fail

COUNTS = ("events", "sessions", "page_views", "product_views", "cart_additions", "purchases", "orders", "order_lines")
AMOUNTS = ("gross_revenue", "net_revenue", "profit")

TABLE = Table(
    name="gold.user_activity_daily",
    comment="What each identified user did and bought on each day",
    columns=[
        Column("user_id", STRING, "identified user", nullable=False),
        Column("activity_date", DATE, "day", "UTC day", nullable=False),
        Column("events", LONG, "events of any type", "events"),
        Column("sessions", LONG, "sessions that began that day", "sessions"),
        Column("page_views", LONG, "views of pages that are not a product's", "events"),
        Column("product_views", LONG, "product views", "events"),
        Column("cart_additions", LONG, "products added to the cart", "events"),
        Column("purchases", LONG, "purchase events", "events"),
        Column("orders", LONG, "orders with a line of that day that was sold and not cancelled", "orders"),
        Column("order_lines", LONG, "order lines of that day that were sold and not cancelled", "lines"),
        Column("gross_revenue", TOTAL, "price of lines sold that day and not cancelled", "currency"),
        Column("net_revenue", TOTAL, "gross revenue less returns", "currency"),
        Column("profit", TOTAL, "net revenue less cost, of lines whose cost is known", "currency"),
    ],
    primary_key=["user_id", "activity_date"],
    sources=["silver.session_activity_daily", "silver.sessions", "silver.order_items"],
    refresh=Slices(
        by="activity_date",
        of={"silver.sessions": "cast(started_at as date)", "silver.order_items": "cast(sold_at as date)"},
    ),
    expectations=[
        fail("events >= page_views + product_views + cart_additions + purchases", "each event is of one type"),
        fail("sessions >= 0 and events >= 0"),
        fail("order_lines >= orders and orders >= 0", "each order has a line"),
        fail("net_revenue <= gross_revenue", "returns are subtracted"),
    ],
    reconciliations=[
        Reconciliation(
            name="events",
            meaning="events of a day = events of identified users in silver",
            by={"activity_date": "activity_date"},
            own="sum(events)",
            tables=["silver.events"],
            other="""select event_date as activity_date, count(*) as value
                from silver.events where user_id is not null group by all""",
        ),
        Reconciliation(
            name="net_revenue",
            meaning="net revenue of a day = the sum over the order lines of identified users",
            by={"activity_date": "activity_date"},
            own="sum(net_revenue)",
            tables=["silver.order_items"],
            other=f"""select cast(sold_at as date) as activity_date, sum({NET_REVENUE}) as value
                from silver.order_items where user_id is not null group by all""",
        ),
    ],
)


def transform(session_activity_daily: DataFrame, sessions: DataFrame, order_items: DataFrame) -> DataFrame:
    """Count events, sessions begun and sales by user and day."""
    parts = [_events(session_activity_daily), _sessions(sessions), _sales(order_items)]
    totals = {name: F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in COUNTS}
    totals |= {name: F.coalesce(F.sum(name), F.lit(0)).cast(TOTAL).alias(name) for name in AMOUNTS}
    return united(parts).groupBy("user_id", "activity_date").agg(*[totals[name] for name in (*COUNTS, *AMOUNTS)])


def _events(session_activity_daily: DataFrame) -> DataFrame:
    counts = ("events", "page_views", "product_views", "cart_additions", "purchases")
    return session_activity_daily.where("user_id is not null").select("user_id", "activity_date", *counts)


def _sessions(sessions: DataFrame) -> DataFrame:
    began = F.to_date("started_at").alias("activity_date")
    return sessions.where("user_id is not null").select("user_id", began, F.lit(1).alias("sessions"))


def _sales(order_items: DataFrame) -> DataFrame:
    day = F.to_date("sold_at").alias("activity_date")
    per_order = (
        order_items.where("user_id is not null")
        .groupBy("user_id", day, "order_id")
        .agg(
            F.count_if(F.expr(IS_SALE)).alias("order_lines"),
            F.sum(F.expr(GROSS_REVENUE)).alias("gross_revenue"),
            F.sum(F.expr(NET_REVENUE)).alias("net_revenue"),
            F.sum(F.expr(PROFIT)).alias("profit"),
        )
    )
    return per_order.select(
        "user_id",
        "activity_date",
        F.when(F.col("order_lines") > 0, 1).otherwise(0).alias("orders"),
        "order_lines",
        "gross_revenue",
        "net_revenue",
        "profit",
    )
