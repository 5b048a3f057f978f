"""Revenue by the day of the sale.

Grain: one row per UTC day with an order line, the day being that of the line's sold_at. A later return or
cancellation changes the day of its sale; a credit note counts on its own day.
Orders, buyers and order lines are of lines that were sold and not cancelled; an order with lines of several days counts on each.
Profit excludes lines whose cost is not known, and is empty where none is. Guest orders count, without a buyer.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.definitions.commerce import GROSS_REVENUE, IS_SALE, NET_REVENUE, PROFIT, UNITS_RETURNED, UNITS_SOLD
from libs.tables import DATE, DOUBLE, LONG, TOTAL, Column, Reconciliation, Slices, Table, fail, warn

SUMMED = ("units_sold", "units_returned", "gross_revenue", "net_revenue", "profit")

TABLE = Table(
    name="gold.revenue_daily",
    comment="Revenue by the day of the sale",
    columns=[
        Column("order_date", DATE, "day of the sale", "UTC day", nullable=False),
        Column("orders", LONG, "orders with a line that was sold and not cancelled", "orders"),
        Column("buyers", LONG, "distinct identified users of those orders", "users"),
        Column("order_lines", LONG, "lines sold and not cancelled", "lines"),
        Column("units_sold", TOTAL, "units sold and not cancelled", "units"),
        Column("units_returned", TOTAL, "units returned", "units"),
        Column("gross_revenue", TOTAL, "price of lines sold and not cancelled", "currency"),
        Column("net_revenue", TOTAL, "gross revenue less returns", "currency"),
        Column("profit", TOTAL, "net revenue less the cost of lines not returned", "currency"),
        Column("paying_orders", LONG, "orders with net revenue > 0 on the day", "orders"),
        Column("aov", DOUBLE, "net revenue / orders with net revenue > 0, empty without one", "currency"),
    ],
    primary_key=["order_date"],
    sources=["silver.order_items"],
    refresh=Slices(by="order_date", of={"silver.order_items": "cast(sold_at as date)"}),
    expectations=[
        fail("order_lines >= orders and orders >= paying_orders and paying_orders >= 0", "each order has a line"),
        warn("gross_revenue >= 0", "more was given as discounts than was sold"),
        fail("net_revenue <= gross_revenue", "returns are subtracted"),
        warn("profit <= net_revenue", "a negative cost"),
    ],
    reconciliations=[
        Reconciliation(
            name=name,
            meaning=f"{name} of a day = the sum over its order lines",
            by={"order_date": "order_date"},
            own=f"sum({name})",
            tables=["silver.order_items"],
            other=f"select cast(sold_at as date) as order_date, sum({sql}) as value from silver.order_items group by all",
        )
        for name, sql in {"gross_revenue": GROSS_REVENUE, "net_revenue": NET_REVENUE}.items()
    ],
)


def transform(order_items: DataFrame) -> DataFrame:
    """Sum the lines of each order by day, and the orders of each day."""
    lines = order_items.withColumn("order_date", F.to_date("sold_at"))
    orders = (
        _per_order(lines)
        .groupBy("order_date")
        .agg(
            F.count_if(F.col("order_lines") > 0).alias("orders"),
            F.count_if(F.col("net_revenue") > 0).alias("paying_orders"),
            F.sum("order_lines").alias("order_lines"),
            *[F.sum(name).cast(TOTAL).alias(name) for name in SUMMED],
        )
    )
    buyers = lines.groupBy("order_date").agg(F.expr(f"count(distinct case when {IS_SALE} then user_id end)").alias("buyers"))
    days = orders.join(buyers, on="order_date", how="left")
    # By way of its text: of a decimal of more than 15 digits itself, engines make doubles that differ in the last bits.
    aov = F.expr("cast(cast(net_revenue as string) as double) / nullif(paying_orders, 0)").alias("aov")
    return days.select(*[name for name in TABLE.column_names if name != "aov"], aov)


def _per_order(lines: DataFrame) -> DataFrame:
    return lines.groupBy("order_date", "order_id").agg(
        F.count_if(F.expr(IS_SALE)).alias("order_lines"),
        F.sum(F.expr(UNITS_SOLD)).alias("units_sold"),
        F.sum(F.expr(UNITS_RETURNED)).alias("units_returned"),
        F.sum(F.expr(GROSS_REVENUE)).alias("gross_revenue"),
        F.sum(F.expr(NET_REVENUE)).alias("net_revenue"),
        F.sum(F.expr(PROFIT)).alias("profit"),
    )
