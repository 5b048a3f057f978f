"""Views, buyers, sales, returns and profit of each product.

Grain: one row per product that is listed, was viewed, added to the cart or sold; missing counts are 0.
Viewers and buyers are distinct actors: the user, or the visitor where not identified. Buyers are those of lines sold and
not cancelled, also of lines with no units, or half a one; guests are not counted. A credit note counts as returned units. A rate
is empty where its denominator is 0.
Limits: conversion is buyers / viewers, also when a buyer viewed under another id, or the view was not recorded: it may exceed 1.
Profit excludes lines whose cost is not known, and is empty where no line of a product has one.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.definitions.commerce import GROSS_REVENUE, IS_SALE, NET_REVENUE, PROFIT, UNITS_RETURNED, UNITS_SOLD
from lakehouse.definitions.union import united
from libs.tables import DOUBLE, LONG, STRING, TOTAL, Column, Full, Reconciliation, Table, fail, warn

COUNTS = ("product_views", "viewers", "cart_additions", "buyers")
SUMMED = ("units_sold", "units_returned", "gross_revenue", "net_revenue")
ABOUT = ("name", "category", "brand", "department")

TABLE = Table(
    name="gold.product_performance",
    comment="Views, sales, returns and rates of each product",
    columns=[
        Column("product_id", STRING, "product", nullable=False),
        Column("name", STRING, "name of the product, empty where the source does not list it"),
        Column("category", STRING, "category"),
        Column("brand", STRING, "brand"),
        Column("department", STRING, "department"),
        Column("product_views", LONG, "views", "events"),
        Column("viewers", LONG, "distinct actors who viewed it", "actors"),
        Column("cart_additions", LONG, "times it was added to the cart", "events"),
        Column("buyers", LONG, "distinct users who bought it", "users"),
        Column("units_sold", TOTAL, "units sold and not cancelled", "units"),
        Column("units_returned", TOTAL, "units returned", "units"),
        Column("gross_revenue", TOTAL, "price of lines sold and not cancelled", "currency"),
        Column("net_revenue", TOTAL, "gross revenue less returns", "currency"),
        Column("profit", TOTAL, "net revenue less the cost of lines not returned", "currency"),
        Column("conversion_rate", DOUBLE, "buyers / viewers", "rate"),
        Column("return_rate", DOUBLE, "units returned / units sold and not cancelled", "rate"),
    ],
    primary_key=["product_id"],
    sources=["silver.products", "gold.product_interest_daily", "silver.order_items"],
    refresh=Full(),
    expectations=[
        fail("viewers <= product_views"),
        warn("buyers = 0 or units_sold > 0", "lines were sold without a unit"),
        fail("net_revenue <= gross_revenue", "returns are subtracted"),
        warn("conversion_rate <= 1", "more buyers than viewers: views are missing, or under other ids"),
        warn("return_rate <= 1", "more returned than sold: sales are missing"),
    ],
    reconciliations=[
        Reconciliation(
            name="net_revenue",
            meaning="net revenue of a product = the sum over its order lines",
            by={"product_id": "product_id"},
            own="sum(net_revenue)",
            tables=["silver.order_items"],
            other=f"""select product_id, sum({NET_REVENUE}) as value from silver.order_items
                where product_id is not null group by all""",
        )
    ],
)


def transform(products: DataFrame, product_interest_daily: DataFrame, order_items: DataFrame) -> DataFrame:
    """Join views and sales of each product."""
    parts = [products.select("product_id"), _interest(product_interest_daily), _sales(order_items)]
    by_product = united(parts).groupBy("product_id")
    totals = by_product.agg(
        *[F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in COUNTS],
        *[F.coalesce(F.sum(name), F.lit(0)).cast(TOTAL).alias(name) for name in SUMMED],
        F.when(F.sum("lines") > 0, F.sum("profit")).otherwise(F.lit(0)).cast(TOTAL).alias("profit"),
    )
    described = totals.join(products.select("product_id", *ABOUT), on="product_id", how="left")
    rates = {
        "conversion_rate": F.expr("buyers / nullif(viewers, 0)"),
        "return_rate": F.expr("cast(units_returned as double) / nullif(cast(units_sold as double), 0)"),
    }
    return described.withColumns(rates).select(*TABLE.column_names)


def _interest(product_interest_daily: DataFrame) -> DataFrame:
    """Counts by actor first: distinct viewers are then a plain count."""
    counts = [F.sum(name).alias(name) for name in ("product_views", "cart_additions")]
    per_actor = product_interest_daily.groupBy("product_id", "actor_id", "is_identified").agg(*counts)
    is_viewer = (F.col("product_views") > 0) & F.col("actor_id").isNotNull()
    return per_actor.groupBy("product_id").agg(*counts, F.count_if(is_viewer).alias("viewers"))


def _sales(order_items: DataFrame) -> DataFrame:
    return (
        order_items.where("product_id is not null")
        .groupBy("product_id")
        .agg(
            F.count(F.lit(1)).alias("lines"),
            F.expr(f"count(distinct case when {IS_SALE} then user_id end)").alias("buyers"),
            F.sum(F.expr(UNITS_SOLD)).alias("units_sold"),
            F.sum(F.expr(UNITS_RETURNED)).alias("units_returned"),
            F.sum(F.expr(GROSS_REVENUE)).alias("gross_revenue"),
            F.sum(F.expr(NET_REVENUE)).alias("net_revenue"),
            F.sum(F.expr(PROFIT)).alias("profit"),
        )
    )
