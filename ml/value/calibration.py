"""Expected beside actual purchases and spend in days that were held out of the fit, by how often customers had bought before."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta

import pandas as pd

from libs.errors import InputError
from ml.tables import Tables
from ml.value.declaration import ValueSection
from ml.value.estimates import HISTORY, histories, of_histories, spending
from ml.value.fitting import Fit, fit
from ml.value.gamma_gamma import Parameters, expected_order_value
from ml.value.held_out import by_history, held_out
from ml.value.maximum import Floats
from ml.value.purchases import SOURCE

# Who bought again so often, or more often, is one group.
MOST = 7


@dataclass(frozen=True)
class Group:
    """Customers with so many purchases after the first one, and what they bought in all in the days held out; net revenue."""

    frequency: str
    customers: int
    expected: float
    actual: float
    expected_value: float
    actual_value: float


@dataclass(frozen=True)
class Calibration:
    """The comparison over `days` from `cutoff` on, of the customers who bought before it.

    purchase_error, value_error: expected in all by more (or less) than actual, as a part of it. group_error: the sum over groups
    of what purchases are off, as a part of all. customer_error: the root mean square of what is off of one customer's purchases,
    persistence_error: that of taking those of as many days before.
    """

    cutoff: date
    days: int
    groups: Sequence[Group]
    purchase_error: float
    group_error: float
    customer_error: float
    persistence_error: float
    value_error: float


def calibrated(tables: Tables, declared: ValueSection) -> Calibration:
    """Hold out the last `horizon_days` before the day of `tables.as_of()`, fit to what was known before them, and compare.

    Raises InputError where too few bought again before the days held out, or nobody did within them.
    """
    cutoff = tables.as_of().astimezone(UTC).date() - timedelta(days=declared.horizon_days)
    if not tables.store.exists(SOURCE):
        raise InputError(f"{tables.store.root} has no {SOURCE}: there are no purchases to compare")
    with tables.store.staging() as staging:
        rows = staging.keep(held_out(tables.store.read(SOURCE), cutoff, declared.horizon_days)).rows
        summed = by_history(rows).toArrow()
        spent = rows.where("frequency > 0 and spend > 0").select("frequency", "spend").toArrow()
    known = histories(summed)
    found = fit(known, spending(spent), declared.min_repeat_buyers)
    for remark in found.remarks if found.purchases is not None else ():
        tables.say(remark)
    if found.purchases is None:
        raise InputError(f"before {cutoff}, the first of {declared.horizon_days} days held out, {found.remarks[0]}")
    expected = of_histories(found.purchases, known, declared.horizon_days).to_pandas()
    return compared(summed.to_pandas().merge(expected, on=list(HISTORY)), found, cutoff, declared.horizon_days)


def compared(rows: pd.DataFrame, found: Fit, cutoff: date, days: int) -> Calibration:
    """The comparison of rows of `by_history` with `purchases`, expected of one of the customers."""
    rows = rows.assign(expected=rows["customers"] * rows["purchases"], expected_value=rows["purchases"] * _spends(rows, found))
    groups = _groups(rows)
    customers, bought = rows["customers"].sum(), rows["bought"].sum()
    if not bought:
        raise InputError(
            f"nobody of {customers:,} buyers bought in the {days} days held out, from {cutoff} on: there is nothing to compare"
        )
    off = rows["bought_squared"] - 2 * rows["purchases"] * rows["bought"] + rows["expected"] * rows["purchases"]
    return Calibration(
        cutoff=cutoff,
        days=days,
        groups=groups,
        purchase_error=float(rows["expected"].sum() / bought - 1),
        group_error=float(sum(abs(group.expected - group.actual) for group in groups) / bought),
        customer_error=math.sqrt(off.sum() / customers),
        persistence_error=math.sqrt(rows["missed_squared"].sum() / customers),
        value_error=float(rows["expected_value"].sum() / rows["value"].sum() - 1) if rows["value"].sum() > 0 else math.nan,
    )


def _spends(rows: pd.DataFrame, found: Fit) -> Floats:
    """What the customers of each row would spend on one purchase each, in all: linear in what each spent before."""
    customers, frequency, spend = (rows[name].to_numpy(dtype=float) for name in ("customers", "frequency", "spend"))
    if found.spend is None:
        return customers * math.nan
    return customers * expected_order_value(Parameters.at(found.spend.at), frequency, spend / customers)


def _groups(rows: pd.DataFrame) -> list[Group]:
    names = ["customers", "expected", "bought", "expected_value", "value"]
    sums = rows.groupby(rows["frequency"].clip(upper=MOST))[names].sum(min_count=1)
    labels = [f"{n}+" if n == MOST else str(n) for n in sums.index]
    return [Group(label, round(row[0]), *row[1:]) for label, row in zip(labels, sums.to_numpy(dtype=float).tolist(), strict=True)]
