"""The models of purchases and of spend, fitted, or why there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.value import bg_nbd, gamma_gamma
from ml.value.gamma_gamma import Spending
from ml.value.history import Histories
from ml.value.maximum import Maximum, NotFitted


@dataclass(frozen=True)
class Fit:
    """Both models; `purchases` or `spend` is None where it could not be fitted. `remarks` are lines that say what to know."""

    purchases: Maximum | None
    spend: Maximum | None
    remarks: Sequence[str]
    customers: int
    repeat_buyers: int
    spenders: int

    def said(self) -> Mapping[str, Any]:
        """Parameters, log-likelihoods and numbers of customers; times in weeks, v in the currency."""
        of_purchases = None if self.purchases is None else bg_nbd.Parameters.at(self.purchases.at)
        of_spend = None if self.spend is None else gamma_gamma.Parameters.at(self.spend.at)
        counts = {"customers": self.customers, "repeat_buyers": self.repeat_buyers}
        return {
            "bg_nbd": {"unit": "weeks", **counts, **_said(of_purchases, self.purchases, bg_nbd.NAMES)},
            "gamma_gamma": {"customers": self.spenders, **_said(of_spend, self.spend, gamma_gamma.NAMES)},
        }


def fit(histories: Histories, spending: Spending, least: int) -> Fit:
    """Fit both to all customers, each where at least so many bought again."""
    counts = (round(histories.total), round(histories.repeat_buyers), len(spending.spend))
    if counts[1] < least:
        why = f"nothing is estimated: {counts[1]:,} of {counts[0]:,} buyers bought on more than one day, a fit needs {least:,}"
        return Fit(None, None, [f"{why} (min_repeat_buyers of conf/models.yaml)"], *counts)
    try:
        purchases = bg_nbd.fitted(histories)
    except NotFitted as error:
        return Fit(None, None, [f"nothing is estimated: BG/NBD does not fit the purchases: {error}"], *counts)
    spend, why_not = _spend(spending, least)
    remarks = [*_remarks("BG/NBD", purchases, bg_nbd.NAMES), *why_not, *_dependence(spending)]
    if spend is not None:
        remarks += _remarks("Gamma-Gamma", spend, gamma_gamma.NAMES)
    return Fit(purchases, spend, remarks, *counts)


def _spend(spending: Spending, least: int) -> tuple[Maximum | None, list[str]]:
    if len(spending.spend) < least:
        return None, [f"no value is estimated: {len(spending.spend):,} who bought again have net revenue, a fit needs {least:,}"]
    try:
        return gamma_gamma.fitted(spending), []
    except NotFitted as error:
        return None, [f"no value is estimated: Gamma-Gamma does not fit the spend: {error}"]


def _remarks(model: str, found: Maximum, names: Sequence[str]) -> list[str]:
    if found.covariance is None:
        return [f"no intervals: the data do not determine the parameters of {model}"]
    bound = [name for name, is_bound in zip(names, found.at_bound, strict=True) if is_bound]
    return [f"{model} fits best at a bound of {' and '.join(bound)}, which the intervals take as known"] if bound else []


def _dependence(spending: Spending) -> list[str]:
    """Gamma-Gamma takes spend per purchase as independent of their number."""
    if len(spending.spend) < 3:
        return []
    bought = spending.purchases.spread(spending.purchases.values)
    ln_mean = np.log(spending.spend / bought)
    if not (np.ptp(bought) and np.ptp(ln_mean)):
        return []
    together = np.corrcoef(np.log(bought), ln_mean)[0, 1]
    if abs(together) < 0.3:
        return []
    return [f"spend per purchase goes with their number (correlation {together:.2f}), which Gamma-Gamma takes as independent"]


def _said(
    parameters: bg_nbd.Parameters | gamma_gamma.Parameters | None, found: Maximum | None, names: Sequence[str]
) -> Mapping[str, Any]:
    if parameters is None or found is None:
        return {}
    bound = [name for name, is_bound in zip(names, found.at_bound, strict=True) if is_bound]
    return {**vars(parameters), "log_likelihood": found.log_likelihood, "at_bound": bound}
