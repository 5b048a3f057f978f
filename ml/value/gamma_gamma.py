"""Gamma-Gamma: how much a customer spends per purchase, independently of how often.

What a customer spends varies from purchase to purchase by a Gamma(p, ν), where ν differs between customers by a Gamma(q, v).
Fader, Hardie (2013), The Gamma-Gamma Model of Monetary Value, brucehardie.com/notes/025.

A fit is in the values ln p, ln(q - 1) and ln(p v / (q - 1)), the last one the mean over customers, which q > 1 makes finite.
"""

from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from pyspark.sql import Column

from ml.value.history import Distinct
from ml.value.maximum import Floats, Maximum, best_start, maximum

NAMES = ("p", "q-1", "p*v/(q-1)")
SHAPES = ((-7.0, 7.0), (-5.0, 7.0))
# Starts of p and q - 1.
STARTS = ((1.0, 2.0), (6.0, 3.0))
# How far, as a factor's logarithm, the mean over customers may be from that of the data.
REACH = 5.0
PART = 20_000


@dataclass(frozen=True)
class Spending:
    """Customers who bought again, in an order that depends on the figures alone.

    purchases: how many each made after the first one. spend: what they spent on those in all, in the currency, more than 0.
    """

    purchases: Distinct
    spend: Floats

    @classmethod
    def of(cls, purchases: ArrayLike, spend: ArrayLike) -> Self:
        """Columns of equal length."""
        given, spent = np.asarray(purchases, dtype=float), np.asarray(spend, dtype=float)
        order = np.lexsort((spent, given))
        return cls(Distinct.of(given[order]), spent[order])

    def every(self, step: int) -> Self:
        """Every `step`th customer."""
        return self.of(self.purchases.spread(self.purchases.values)[::step], self.spend[::step])

    @property
    def mean(self) -> float:
        """What was spent per purchase."""
        return float(self.spend.sum() / self.purchases.spread(self.purchases.values).sum())


@dataclass(frozen=True)
class Parameters:
    """Gamma(p, ν) of what is spent per purchase, Gamma(q, v) of ν; v is in the currency."""

    p: float
    q: float
    v: float

    @classmethod
    def at(cls, free: Floats) -> Self:
        """Those of the values that a fit is in."""
        p, above, mean = np.exp(free)
        return cls(float(p), float(1 + above), float(mean * above / p))

    @property
    def free(self) -> Floats:
        """The values that a fit is in."""
        return np.log([self.p, self.q - 1, self.p * self.v / (self.q - 1)])

    @property
    def jacobian(self) -> Floats:
        """Derivatives of p, q and v (rows) by the values that a fit is in."""
        return np.array([[self.p, 0, 0], [0, self.q - 1, 0], [-self.v, self.v, self.v]])


Figure = TypeVar("Figure", Floats, Column)


def expected_order_value(found: Parameters, purchases: Figure, spend: Figure) -> Figure:
    """Equation 5 of the note: what is expected per purchase of who spent so much on so many; arrays, or columns of frames."""
    value: Figure = found.p * (found.v + spend) / (found.p * purchases + found.q - 1)
    return value


def variance_of_ln_expected(at: Floats, covariance: Floats, purchases: Figure, spend: Figure) -> Figure:
    """The variance of its logarithm, by that of the estimates `at` (delta method)."""
    found = Parameters.at(at)
    of_others = found.v / (found.v + spend)
    apart = (found.q - 1) / (found.p * purchases + found.q - 1) - of_others
    of_apart = covariance[0, 0] - 2 * covariance[0, 1] + covariance[1, 1]
    of_both = 2 * (covariance[0, 2] - covariance[1, 2])
    variance: Figure = of_apart * apart * apart + of_both * apart * of_others + covariance[2, 2] * of_others * of_others
    return variance


def fitted(spending: Spending) -> Maximum:
    """The most likely parameters, in the values that a fit is in. Raises NotFitted."""
    part = spending.every(-(-len(spending.spend) // PART))
    mean = spending.mean
    bounds = (*SHAPES, (np.log(mean) - REACH, np.log(mean) + REACH))
    starts = [np.log([p, above, mean]) for p, above in STARTS]
    start = best_start(lambda free: log_likelihood(free, part), starts, bounds)
    return maximum(lambda free: log_likelihood(free, spending), start, bounds, len(spending.spend))


def log_likelihood(free: Floats, spending: Spending) -> tuple[float, Floats]:
    """Equation 1a of the note as a logarithm, over all customers, and its gradient by the values that a fit is in.

    The density is of the mean spend per purchase.
    """
    from scipy.special import digamma, gammaln

    found = Parameters.at(free)
    x = spending.purchases.values
    n = np.bincount(spending.purchases.places, minlength=len(x)).astype(float)
    shape = found.p * x + found.q
    ln_spend, ln_reach = np.log(spending.spend), np.log(found.v + spending.spend)
    of_shape = spending.purchases.spread(shape)
    value = n @ (gammaln(shape) - gammaln(found.p * x) - gammaln(found.q) + found.q * np.log(found.v) + np.log(x))
    value += (of_shape - found.q - 1) @ ln_spend - of_shape @ ln_reach
    bought = spending.purchases.spread(x)
    slopes = [
        n @ (x * (digamma(shape) - digamma(found.p * x))) + bought @ (ln_spend - ln_reach),
        n @ (digamma(shape) - digamma(found.q) + np.log(found.v)) - ln_reach.sum(),
        n.sum() * found.q / found.v - of_shape @ (1 / (found.v + spending.spend)),
    ]
    return float(value), np.array(slopes) @ found.jacobian
