"""Fills gold.customer_value."""

from datetime import UTC, date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from libs.store.staged import Staging
from ml.gold.customer_value import TABLE
from ml.tables import Tables
from ml.value.declaration import ValueSection
from ml.value.estimates import HISTORY, estimates, histories, of_histories, spending
from ml.value.fitting import Fit, fit
from ml.value.purchases import SOURCE, buyers, purchase_days


def fill(tables: Tables, declared: ValueSection) -> None:
    """Fit the models to all buyers before the day of `tables.as_of()`, and publish what they are expected to buy from it on.

    Complete days count alone. Where a model can't be fitted, its columns or the table are empty and a remark says why.
    """
    cutoff = tables.as_of().astimezone(UTC).date()
    if not tables.store.exists(SOURCE):
        tables.say(f"{TABLE.name}: not filled, as there is no {SOURCE}")
        return
    with tables.store.staging() as staging:
        known = staging.keep(_buyers(tables, cutoff)).rows
        found, rows = _estimated(tables, staging, known, cutoff, declared)
        for remark in found.remarks:
            tables.say(f"{TABLE.name}: {remark}")
        said = {**found.said(), "cutoff_date": str(cutoff), "horizon_days": declared.horizon_days, "interval": declared.interval}
        tables.publish(TABLE, rows, **said)


def _buyers(tables: Tables, cutoff: date) -> DataFrame:
    return buyers(purchase_days(tables.store.read(SOURCE), cutoff), cutoff)


def _estimated(tables: Tables, staging: Staging, known: DataFrame, cutoff: date, declared: ValueSection) -> tuple[Fit, DataFrame]:
    groups = histories(known.groupBy(*HISTORY).agg(F.count(F.lit(1)).alias("customers")).toArrow())
    spent = known.where("frequency > 0 and spend > 0").select("frequency", "spend").toArrow()
    found = fit(groups, spending(spent), declared.min_repeat_buyers)
    spark = tables.store.spark
    if found.purchases is None:
        return found, spark.createDataFrame([], TABLE.schema)
    by_history = spark.createDataFrame(of_histories(found.purchases, groups, declared.horizon_days))
    return found, estimates(known, by_history, found.spend, cutoff, declared)
