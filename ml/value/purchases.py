"""What the models see of each buyer: on which days they bought, and for how much. Frames in, frames out.

An order counts on the UTC day of its first line that was sold and not cancelled (`lakehouse.definitions.commerce`), once for all
of that day's. Its value is the net revenue of its lines. Orders without such a line, credit notes, count on their own day.
"""

from datetime import date, timedelta

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.definitions.commerce import IS_SALE, NET_REVENUE
from libs.tables import TOTAL

SOURCE = "silver.order_items"
WHOLE = (Window.unboundedPreceding, Window.unboundedFollowing)


def purchase_days(order_items: DataFrame, before: date) -> DataFrame:
    """From silver.order_items a row for each user and UTC day before `before` with an order or a credit note.

    user_id, purchase_date, is_purchase (false on days of credit notes alone), net_revenue (currency).
    """
    known = order_items.where(F.col("user_id").isNotNull() & (F.to_date("sold_at") < F.lit(before)))
    # A line without an order is one of its own.
    alone = F.when(F.col("order_id").isNull(), F.col("order_item_id"))
    orders = known.groupBy("user_id", "order_id", alone.alias("alone")).agg(
        F.min(F.when(F.expr(IS_SALE), F.col("sold_at"))).alias("bought_at"),
        F.min("sold_at").alias("first_at"),
        F.sum(F.expr(NET_REVENUE)).alias("net_revenue"),
    )
    day = F.to_date(F.coalesce("bought_at", "first_at")).alias("purchase_date")
    return orders.groupBy("user_id", day).agg(
        F.bool_or(F.col("bought_at").isNotNull()).alias("is_purchase"), F.sum("net_revenue").cast(TOTAL).alias("net_revenue")
    )


def buyers(days: DataFrame, cutoff: date) -> DataFrame:
    """From `purchase_days` before `cutoff`, the first day that is not observed, a row for each user who bought.

    user_id; frequency: days of purchases after the first one; recency_days: days from the first to the last of them;
    age_days: days from the first one to the last day observed; spend: net revenue after the first day, credit notes of
    later days included, a double in the currency.
    """
    bought = F.when(F.col("is_purchase"), F.col("purchase_date"))
    first = F.min(bought).over(Window.partitionBy("user_id").rowsBetween(*WHOLE))
    known = days.withColumn("first_date", first)
    later = F.when(F.col("purchase_date") > F.col("first_date"), F.col("net_revenue"))
    found = known.where(F.col("first_date").isNotNull()).groupBy("user_id", "first_date")
    summed = found.agg(F.count_if("is_purchase").alias("days"), F.max(bought).alias("last_date"), F.sum(later).alias("later"))
    return summed.select(
        "user_id",
        (F.col("days") - 1).cast("int").alias("frequency"),
        F.datediff("last_date", "first_date").cast("int").alias("recency_days"),
        F.datediff(F.lit(cutoff - timedelta(days=1)), "first_date").cast("int").alias("age_days"),
        # By way of its text: of long decimals themselves, engines make doubles that differ in the last bits.
        F.coalesce(F.col("later").cast("string").cast("double"), F.lit(0.0)).alias("spend"),
    )
