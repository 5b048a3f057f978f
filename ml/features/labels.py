"""What became of judged users: the rows of `gold.churn_labels`."""

from collections.abc import Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from ml.features.churn import USER_AND_CUTOFF, is_active
from ml.features.declaration import Churn
from ml.features.facts import Facts, daily
from ml.features.known import KNOWN_COLUMNS, stands
from ml.gold.churn_labels import TABLE


def churn_labels(judged: DataFrame, facts: Facts, cutoffs: Sequence[date], churn: Churn) -> DataFrame:
    """The labels of the `judged` users (`user_id`, `cutoff`), whose horizons are over, by all that is known now."""
    standing = Facts(*[rows.where(stands()) for rows in (facts.events, facts.order_items, facts.products, facts.users)])
    days = (
        daily(standing)
        .drop(*KNOWN_COLUMNS)
        .groupBy("user_id", "day")
        .agg(F.sum("events").alias("events"), F.sum("orders").alias("orders"))
    )
    active = days.where(is_active(churn.active)).select("user_id", "day")
    ahead = active.withColumn("cutoff", F.explode(F.array(*[F.lit(day) for day in cutoffs])))
    since = F.datediff("day", "cutoff")
    within = ahead.where((since >= 0) & (since < churn.horizon_days))
    counted = within.groupBy(*USER_AND_CUTOFF).agg(F.count("*").cast("int").alias("active_days"))
    rows = judged.select(*USER_AND_CUTOFF).join(counted, on=list(USER_AND_CUTOFF), how="left")
    active_days = F.coalesce("active_days", F.lit(0)).cast("int")
    values = {
        "horizon_days": F.lit(churn.horizon_days).cast("int"),
        "active_days": active_days,
        "churned": F.when(active_days == 0, 1).otherwise(0).cast("int"),
    }
    return rows.select(*USER_AND_CUTOFF, *[value.alias(name) for name, value in values.items()]).select(*TABLE.column_names)
