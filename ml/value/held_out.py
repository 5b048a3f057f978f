"""What buyers bought in days that were held out, beside their history before. Frames in, frame out."""

from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from ml.value.estimates import HISTORY
from ml.value.purchases import buyers, purchase_days

COUNTED = ("customers", "spend", "bought", "bought_squared", "missed_squared", "value")


def held_out(order_items: DataFrame, cutoff: date, days: int) -> DataFrame:
    """A row for each user who bought before `cutoff`, of the `days` from it on.

    HISTORY and spend as in `purchases.buyers`; bought: days with a purchase; before: those in as many days before `cutoff`;
    value: net revenue (currency).
    """
    known = purchase_days(order_items, cutoff)
    later = purchase_days(order_items, cutoff + timedelta(days=days)).where(F.col("purchase_date") >= F.lit(cutoff))
    recent = known.where(F.col("purchase_date") >= F.lit(cutoff - timedelta(days=days)))
    found = (
        buyers(known, cutoff)
        .join(later.groupBy("user_id").agg(_purchases("bought"), F.sum("net_revenue").alias("value")), on="user_id", how="left")
        .join(recent.groupBy("user_id").agg(_purchases("before")), on="user_id", how="left")
    )
    counts = [F.coalesce(name, F.lit(0)).cast("double").alias(name) for name in ("bought", "before")]
    value = F.coalesce(F.col("value").cast("string").cast("double"), F.lit(0.0)).alias("value")
    return found.select("user_id", *HISTORY, "spend", *counts, value)


def by_history(rows: DataFrame) -> DataFrame:
    """The sums of `held_out` over buyers of equal HISTORY, in the columns COUNTED.

    spend: what was more than 0; bought_squared: of purchases; missed_squared: of what those in as many days before miss them by.
    """
    missed = F.col("bought") - F.col("before")
    return rows.groupBy(*HISTORY).agg(
        F.count(F.lit(1)).alias("customers"),
        F.sum(F.greatest("spend", F.lit(0.0))).alias("spend"),
        F.sum("bought").alias("bought"),
        F.sum(F.col("bought") * F.col("bought")).alias("bought_squared"),
        F.sum(missed * missed).alias("missed_squared"),
        F.sum("value").alias("value"),
    )


def _purchases(name: str) -> Column:
    return F.count_if("is_purchase").alias(name)
