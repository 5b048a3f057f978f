"""Daily activity by attributes of the visit, such as device and country, with the revenue that belongs to each.

Events, product views, cart additions and purchases are those with the attribute, so that they add up to all events of the
day. Users are identified; one who uses two devices counts for both. A session counts on the day and for the attributes with
which it began, so that sessions add up. Net revenue is that of the order lines sold on the day. It is attributed to the
buyer's last activity of that day, and to 'unknown' for guests and for buyers without an event that day, so that it adds up
to that of `gold.revenue_daily`.
"""

from collections.abc import Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.definitions.commerce import NET_REVENUE
from lakehouse.definitions.union import united
from libs.tables import DATE, LONG, TOTAL, Column, Reconciliation, Slices, fail

MEASURES = [
    Column("events", LONG, "events of any type", "events"),
    Column("users", LONG, "distinct identified users with an event", "users"),
    Column("sessions", LONG, "sessions that began that day", "sessions"),
    Column("product_views", LONG, "product views", "events"),
    Column("cart_additions", LONG, "products added to the cart", "events"),
    Column("purchases", LONG, "purchase events", "events"),
    Column("net_revenue", TOTAL, "net revenue of the day's order lines, by the buyer's last activity that day", "currency"),
]
ACTIVITY_DATE = Column("activity_date", DATE, "day", "UTC day", nullable=False)
SOURCES = ["silver.session_activity_daily", "silver.sessions", "silver.order_items"]
REFRESH = Slices(
    by="activity_date", of={"silver.sessions": "cast(started_at as date)", "silver.order_items": "cast(sold_at as date)"}
)
EXPECTATIONS = [
    fail("events >= product_views + cart_additions + purchases", "each event is of one type"),
    fail("users >= 0 and users <= events", "each user has an event"),
    fail("sessions >= 0"),
]
RECONCILIATIONS = [
    Reconciliation(
        name="events",
        meaning="events of a day over all rows = events in silver",
        by={"activity_date": "activity_date"},
        own="sum(events)",
        tables=["silver.events"],
        other="select event_date as activity_date, count(*) as value from silver.events group by all",
    ),
    Reconciliation(
        name="net_revenue",
        meaning="net revenue of a day over all rows = net revenue of the day's order lines",
        by={"activity_date": "activity_date"},
        own="sum(net_revenue)",
        tables=["silver.order_items"],
        other=f"""select cast(sold_at as date) as activity_date, sum({NET_REVENUE}) as value
            from silver.order_items group by all""",
    ),
]
SUMMED = ("events", "users", "sessions", "product_views", "cart_additions", "purchases")


def daily_breakdown(
    attributes: Sequence[str], session_activity_daily: DataFrame, sessions: DataFrame, order_items: DataFrame
) -> DataFrame:
    """One row per day and combination of `attributes` (columns of `silver.session_activity_daily`), with MEASURES."""
    began = F.to_date("started_at").alias("activity_date")
    parts = [
        _activity(attributes, session_activity_daily),
        sessions.select(began, *attributes, F.lit(1).alias("sessions")),
        _revenue(attributes, session_activity_daily, order_items),
    ]
    totals = [F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in SUMMED]
    net_revenue = F.coalesce(F.sum("net_revenue"), F.lit(0)).cast(TOTAL).alias("net_revenue")
    return united(parts).groupBy("activity_date", *attributes).agg(*totals, net_revenue)


def _activity(attributes: Sequence[str], session_activity_daily: DataFrame) -> DataFrame:
    """Counts by user first: what is distinct is then a plain count."""
    counts = [F.sum(name).alias(name) for name in ("events", "product_views", "cart_additions", "purchases")]
    per_user = session_activity_daily.groupBy("activity_date", *attributes, "user_id").agg(*counts)
    users = F.col("user_id").isNotNull().cast("int").alias("users")
    return per_user.select("activity_date", *attributes, "events", "product_views", "cart_additions", "purchases", users)


def _revenue(attributes: Sequence[str], session_activity_daily: DataFrame, order_items: DataFrame) -> DataFrame:
    day = F.to_date("sold_at").alias("activity_date")
    sales = order_items.groupBy("user_id", day).agg(F.sum(F.expr(NET_REVENUE)).alias("net_revenue"))
    buyer_day = ["user_id", "activity_date"]
    last = _last_activity(session_activity_daily.join(sales, on=buyer_day, how="left_semi"), attributes)
    placed = sales.join(last, on=buyer_day, how="left")
    known = [F.coalesce(name, F.lit("unknown")).alias(name) for name in attributes]
    return placed.select("activity_date", *known, "net_revenue")


def _last_activity(activity: DataFrame, attributes: Sequence[str]) -> DataFrame:
    """The attributes of each user's last event of the day; of several with the same timestamp, the greatest by name."""
    latest_first = Window.partitionBy("user_id", "activity_date").orderBy(F.desc("last_at"), F.desc("session_id"), *attributes)
    position = F.row_number().over(latest_first.rowsBetween(Window.unboundedPreceding, 0))
    ranked = activity.withColumn("position", position)
    return ranked.where("position = 1").select("user_id", "activity_date", *attributes)
