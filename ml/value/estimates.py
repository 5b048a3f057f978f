"""Each buyer's row of estimates, from the fitted models. What depends on the history alone is computed once for equal ones."""

from datetime import date
from statistics import NormalDist

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.tables import DOUBLE, spark_type
from ml.gold.customer_value import TABLE
from ml.value import gamma_gamma
from ml.value.bg_nbd import Parameters, ln_probability_alive
from ml.value.declaration import ValueSection
from ml.value.gamma_gamma import Spending, expected_order_value, variance_of_ln_expected
from ml.value.history import Histories
from ml.value.horizon import expected
from ml.value.maximum import Floats, Maximum

HISTORY = ("frequency", "recency_days", "age_days")
WEEK = 7
# Estimates have so many decimals: engines' exponentials differ in the last bits.
DECIMALS = 6


def histories(groups: pa.Table) -> Histories:
    """From frequency, recency_days, age_days and customers, how many have them; ages in weeks."""
    frequency, recency, age, customers = (groups[name].to_numpy() for name in (*HISTORY, "customers"))
    return Histories.of(frequency, recency / WEEK, age / WEEK, customers)


def spending(rows: pa.Table) -> Spending:
    """From frequency and spend of customers who bought again and spent more than 0."""
    return Spending.of(rows["frequency"].to_numpy(), rows["spend"].to_numpy())


def of_histories(found: Maximum, known: Histories, horizon_days: int) -> pa.Table:
    """A row for each of HISTORY: probability_alive, purchases, and of_active with the variances of the logarithms of both.

    `of_active` are the purchases expected were the customer active for sure.
    """
    there = expected(found.at, found.covariance, known, horizon_days / WEEK)
    columns = (known.frequency, known.recency, known.age)
    days = [column.spread(column.values) * unit for column, unit in zip(columns, (1, WEEK, WEEK), strict=True)]
    figures = {
        "probability_alive": np.exp(ln_probability_alive(Parameters.at(found.at), known)),
        "purchases": there.purchases,
        "of_active": there.of_active,
        "variance": there.variance,
        "variance_of_active": there.variance_of_active,
    }
    keys = {name: pa.array(np.rint(column).astype(np.int32)) for name, column in zip(HISTORY, days, strict=True)}
    return pa.table(keys | {name: _figures(figure, len(days[0])) for name, figure in figures.items()})


def _figures(values: Floats | None, rows: int) -> pa.Array:
    return pa.nulls(rows, pa.float64()) if values is None else pa.array(values)


def estimates(buyers: DataFrame, by_history: DataFrame, spend: Maximum | None, cutoff: date, declared: ValueSection) -> DataFrame:
    """The rows of gold.customer_value: `buyers` with the figures of their history, which `of_histories` made."""
    rows = buyers.join(by_history, on=list(HISTORY), how="inner")
    order_value, variance = _of_spend(spend)
    sure = NormalDist().inv_cdf(0.5 + declared.interval / 2)
    no_variance = F.lit(0.0)
    columns = {
        "cutoff_date": F.lit(cutoff),
        "mean_order_value": F.when(F.col("frequency") > 0, F.col("spend") / F.col("frequency")),
        "horizon_days": F.lit(declared.horizon_days),
        "expected_purchases": F.col("purchases"),
        "expected_purchases_low": _low(sure, no_variance),
        "expected_purchases_high": _high(sure, no_variance),
        "expected_order_value": order_value,
        "expected_value": F.col("purchases") * order_value,
        "expected_value_low": _low(sure, variance) * order_value,
        "expected_value_high": _high(sure, variance) * order_value,
    }
    return rows.select(*[_declared(columns.get(name, F.col(name)), name) for name in TABLE.column_names])


def _of_spend(spend: Maximum | None) -> tuple[Column, Column]:
    """What is expected per purchase, and the variance of its logarithm."""
    nothing = F.lit(None).cast("double")
    if spend is None:
        return nothing, nothing
    # Returns may exceed what was bought again.
    purchases, spent = F.col("frequency").cast("double"), F.greatest(F.col("spend"), F.lit(0.0))
    value = expected_order_value(gamma_gamma.Parameters.at(spend.at), purchases, spent)
    if spend.covariance is None:
        return value, nothing
    return value, F.greatest(variance_of_ln_expected(spend.at, spend.covariance, purchases, spent), F.lit(0.0))


def _low(sure: float, variance: Column) -> Column:
    return F.col("purchases") * F.exp(-sure * F.sqrt(F.col("variance") + variance))


def _high(sure: float, variance: Column) -> Column:
    """Nobody buys more than if they were active for sure, which is better known of those who seem to have left."""
    ends = {"purchases": "variance", "of_active": "variance_of_active"}
    return F.least(*[F.col(name) * F.exp(sure * F.sqrt(F.col(of_it) + variance)) for name, of_it in ends.items()])


def _declared(column: Column, name: str) -> Column:
    found = next(c for c in TABLE.columns if c.name == name)
    is_estimate = found.type == DOUBLE and name != "mean_order_value"
    return (F.round(column, DECIMALS) if is_estimate else column).cast(spark_type(found.type)).alias(name)
