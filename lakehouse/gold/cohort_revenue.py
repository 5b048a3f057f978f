"""Revenue of customers by the month of their first order and the months since.

Grain: one row per cohort and period number, up to the month of `as_of`. A customer belongs to the month of their first
order line that was sold and not cancelled. Revenue, orders and profit add up over cohorts; a return reduces the month of
its sale, a credit note its own month.
Scope: identified customers; credit notes before a customer's first order are excluded.
"""

from datetime import datetime

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.definitions.commerce import IS_SALE, NET_REVENUE
from lakehouse.definitions.periods import last_begun, number_of, start_of
from libs.tables import BOOLEAN, DATE, DOUBLE, LONG, TOTAL, Column, Full, Reconciliation, Table, fail

AMOUNTS = ("net_revenue", "profit")

TABLE = Table(
    name="gold.cohort_revenue",
    comment="Revenue, orders and profit of customers by month of first order and age",
    columns=[
        Column("cohort_start", DATE, "first day of the month of the first order", "UTC day", nullable=False),
        Column("period_number", LONG, "months since the cohort's", "months", nullable=False),
        Column("cohort_size", LONG, "customers in the cohort", "users"),
        Column("buyers", LONG, "of these, with an order in the month", "users"),
        Column("orders", LONG, "orders, counted on each day on which they have a line", "orders"),
        Column("net_revenue", TOTAL, "gross revenue less returns", "currency"),
        Column("profit", TOTAL, "net revenue less cost, of lines whose cost is known", "currency"),
        Column("cumulative_revenue_per_user", DOUBLE, "net revenue up to the month / cohort_size", "currency"),
        Column("is_mature", BOOLEAN, "whether the month was complete at as_of"),
    ],
    primary_key=["cohort_start", "period_number"],
    sources=["gold.user_activity_daily"],
    refresh=Full(),
    expectations=[
        fail("buyers between 0 and cohort_size"),
        fail("period_number > 0 or buyers = cohort_size", "every user of a cohort buys in its first month"),
    ],
    reconciliations=[
        Reconciliation(
            name="net_revenue",
            meaning="net revenue of a month over all cohorts = that of the order lines of customers who had bought by then",
            by={"month": "cast(add_months(cohort_start, period_number) as date)"},
            own="sum(net_revenue)",
            tables=["silver.order_items"],
            other=f"""select month, sum(revenue) as value from (
                select cast(date_trunc('month', sold_at) as date) as month, {NET_REVENUE} as revenue,
                min(sold_at) filter (where {IS_SALE}) over (partition by user_id) as first_at
                from silver.order_items where user_id is not null) where month >= date_trunc('month', first_at) group by all""",
        )
    ],
)


def transform(user_activity_daily: DataFrame, as_of: datetime) -> DataFrame:
    """Sum each customer's months, then the cohorts', with a row for months without orders."""
    sums = _by_age(user_activity_daily)
    sizes = sums.where("period_number = 0").select("cohort", F.col("buyers").alias("cohort_size"))
    last = last_begun(as_of)["month"]
    dense = sizes.select("*", F.explode(F.sequence(F.lit(0), F.lit(last) - F.col("cohort"))).alias("period_number"))
    rows = dense.join(sums, on=["cohort", "period_number"], how="left").withColumn("interval", F.lit("month"))
    until_now = Window.partitionBy("cohort").orderBy("period_number")
    total = F.sum("net_revenue").over(until_now).cast("double")
    return rows.select(
        start_of("cohort").alias("cohort_start"),
        F.col("period_number").cast("long").alias("period_number"),
        "cohort_size",
        *[F.coalesce(name, F.lit(0)).alias(name) for name in ("buyers", "orders")],
        *[F.coalesce(name, F.lit(0)).cast(TOTAL).alias(name) for name in AMOUNTS],
        (total / F.col("cohort_size")).alias("cumulative_revenue_per_user"),
        (start_of("cohort + period_number + 1").cast("timestamp") <= F.lit(as_of)).alias("is_mature"),
    )


def _by_age(user_activity_daily: DataFrame) -> DataFrame:
    month = F.expr(number_of("month", "unix_date(activity_date)")).alias("month")
    sales = user_activity_daily.where("order_lines > 0 or net_revenue <> 0 or profit <> 0")
    months = sales.groupBy("user_id", month).agg(*[F.sum(name).alias(name) for name in ("orders", *AMOUNTS)])
    first = F.min(F.when(F.col("orders") > 0, F.col("month"))).over(Window.partitionBy("user_id"))
    aged = (
        months.withColumn("cohort", first)
        .withColumn("period_number", F.col("month") - F.col("cohort"))
        .where("period_number >= 0")
    )
    return aged.groupBy("cohort", "period_number").agg(
        F.count_if(F.col("orders") > 0).alias("buyers"), *[F.sum(name).alias(name) for name in ("orders", *AMOUNTS)]
    )
