"""The whole history of each user: activity, orders, revenue, recency, RFM segment and engagement tier.

Grain: one row per user of `silver.users` created before `as_of`, with or without activity.
Orders are those with a line that was sold and not cancelled; only users with one are buyers and have RFM scores
(`lakehouse.definitions.rfm` defines scores and segments). Recency is in whole days from the last such line to `as_of`.
The engagement tier is by the 90 days up to `as_of`, including the day of `as_of` if it had begun:

| tier | active days of the last 90 |
|---|---|
| high | 10 or more |
| medium | 3 to 9 |
| low | 1 or 2 |
| dormant | none, but active earlier |
| none | never active |
"""

from datetime import UTC, datetime, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.definitions.commerce import GROSS_REVENUE, IS_SALE, NET_REVENUE
from lakehouse.definitions.rfm import rfm_scores
from libs.tables import DATE, INTEGER, LONG, STRING, TIMESTAMP, TOTAL, Column, Full, Reconciliation, Table, fail

ENGAGEMENT_DAYS = 90
ENGAGEMENT_TIER = """case when active_days_90 >= 10 then 'high' when active_days_90 >= 3 then 'medium'
    when active_days_90 >= 1 then 'low' when last_active_date is not null then 'dormant' else 'none' end"""
COUNTS = ("events", "sessions", "active_days_90", "orders", "distinct_products", "distinct_categories")
AMOUNTS = ("gross_revenue", "net_revenue")

TABLE = Table(
    name="gold.customer_metrics",
    comment="Activity, orders, revenue, recency, RFM segment and engagement tier of each user",
    columns=[
        Column("user_id", STRING, "user", nullable=False),
        Column("events", LONG, "events of any type", "events"),
        Column("sessions", LONG, "sessions", "sessions"),
        Column("last_active_date", DATE, "last day with an event", "UTC day"),
        Column("active_days_90", LONG, "days with an event, of the 90 up to as_of", "days"),
        Column("orders", LONG, "orders with a line that was sold and not cancelled", "orders"),
        Column("gross_revenue", TOTAL, "price of lines sold and not cancelled", "currency"),
        Column("net_revenue", TOTAL, "gross revenue less returns", "currency"),
        Column("distinct_products", LONG, "distinct products bought", "products"),
        Column("distinct_categories", LONG, "distinct categories of products bought", "categories"),
        Column("first_order_at", TIMESTAMP, "first line sold and not cancelled", "UTC"),
        Column("last_order_at", TIMESTAMP, "last line sold and not cancelled", "UTC"),
        Column("recency_days", INTEGER, "whole days from the last order to as_of", "days"),
        Column("recency_score", INTEGER, "1 to 5, 5 for the most recent fifth of buyers", "score"),
        Column("frequency_score", INTEGER, "1 to 5, 5 for the fifth of buyers with most orders", "score"),
        Column("monetary_score", INTEGER, "1 to 5, 5 for the fifth of buyers with most net revenue", "score"),
        Column("rfm_segment", STRING, "segment by the scores, empty for users without orders"),
        Column("engagement_tier", STRING, "high, medium, low, dormant or none", nullable=False),
    ],
    primary_key=["user_id"],
    sources=["silver.users", "gold.user_activity_daily", "silver.order_items", "silver.products"],
    refresh=Full(),
    reconciliations=[
        Reconciliation(
            name=name,
            meaning=f"{name} of all users = those in silver's order lines",
            by={"scope": "'all users'"},
            own=f"sum({name})",
            tables=["silver.order_items", "silver.users"],
            other=f"select 'all users' as scope, {sql} as value from silver.order_items semi join silver.users using (user_id)",
        )
        for name, sql in {
            # Lines of one order may be of several users: it is an order of each.
            "orders": f"count(distinct (user_id, order_id)) filter (where {IS_SALE} and order_id is not null)",
            "net_revenue": f"sum({NET_REVENUE})",
        }.items()
    ],
    expectations=[
        fail("(orders > 0) = (rfm_segment is not null)", "exactly the buyers have a segment"),
        fail("recency_score between 1 and 5 and frequency_score between 1 and 5 and monetary_score between 1 and 5"),
        fail("first_order_at <= last_order_at and recency_days >= 0"),
        fail("net_revenue <= gross_revenue", "returns are subtracted"),
    ],
)


def transform(
    users: DataFrame, user_activity_daily: DataFrame, order_items: DataFrame, products: DataFrame, as_of: datetime
) -> DataFrame:
    """Sum every user's history before `as_of` (UTC)."""
    known = (
        users.select("user_id")
        .join(_activity(user_activity_daily, as_of), on="user_id", how="left")
        .join(_orders(order_items, products, as_of), on="user_id", how="left")
    )
    zeros = {name: F.coalesce(name, F.lit(0)) for name in COUNTS}
    zeros |= {name: F.coalesce(name, F.lit(0)).cast(TOTAL) for name in AMOUNTS}
    customers = known.withColumns(zeros)
    scores = rfm_scores(customers.where("orders > 0"))
    scored = customers.join(scores, on="user_id", how="left")
    return scored.withColumn("engagement_tier", F.expr(ENGAGEMENT_TIER)).select(*TABLE.column_names)


def _activity(user_activity_daily: DataFrame, as_of: datetime) -> DataFrame:
    last_day = (as_of.astimezone(UTC) - timedelta(microseconds=1)).date()
    is_active = F.col("events") > 0
    is_recent = F.col("activity_date") > last_day - timedelta(days=ENGAGEMENT_DAYS)
    return user_activity_daily.groupBy("user_id").agg(
        F.sum("events").alias("events"),
        F.sum("sessions").alias("sessions"),
        F.max(F.when(is_active, F.col("activity_date"))).alias("last_active_date"),
        F.count_if(is_active & is_recent).alias("active_days_90"),
    )


def _orders(order_items: DataFrame, products: DataFrame, as_of: datetime) -> DataFrame:
    sold_at = F.expr(f"case when {IS_SALE} then sold_at end")
    last_order_at = F.max(sold_at)
    amounts = order_items.groupBy("user_id").agg(
        F.sum(F.expr(GROSS_REVENUE)).alias("gross_revenue"),
        F.sum(F.expr(NET_REVENUE)).alias("net_revenue"),
        F.min(sold_at).alias("first_order_at"),
        last_order_at.alias("last_order_at"),
        (F.timestamp_diff("HOUR", last_order_at, F.lit(as_of)) / 24).cast("int").alias("recency_days"),
    )
    sold = order_items.where(IS_SALE)
    return amounts.join(_distinct_orders(sold), on="user_id", how="left").join(_breadth(sold, products), on="user_id", how="left")


# What is distinct is counted in steps: the native engine takes many times as long for distinct counts of many users.


def _distinct_orders(sold: DataFrame) -> DataFrame:
    return sold.select("user_id", "order_id").distinct().groupBy("user_id").agg(F.count("order_id").alias("orders"))


def _breadth(sold: DataFrame, products: DataFrame) -> DataFrame:
    bought = sold.select("user_id", "product_id").distinct()
    with_category = bought.join(products.select("product_id", "category"), on="product_id", how="left")
    by_category = with_category.groupBy("user_id", "category").agg(F.count("product_id").alias("products"))
    return by_category.groupBy("user_id").agg(
        F.sum("products").alias("distinct_products"), F.count("category").alias("distinct_categories")
    )
