"""BG/NBD: how often customers buy, and whether they still do.

While a customer is active, purchases come at random at a rate λ, which differs between customers by a Gamma(r, α); after any
purchase but the first one they leave with a probability p, which differs by a Beta(a, b). Time is in weeks, α too.
Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model, Marketing Science 24(2).

A fit is in the values ln r, ln(r/α), logit(a/(a+b)) and ln(a+b): mean and spread of each distribution separately, so that data
in which customers hardly differ, or hardly leave, lead to a bound of one of them alone.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from ml.value.history import Histories
from ml.value.maximum import Floats, Maximum, best_start, maximum

NAMES = ("r", "r/alpha", "a/(a+b)", "a+b")
BOUNDS = ((-7.0, 7.0), (-14.0, 7.0), (-9.0, 9.0), (-5.0, 7.0))
# Starts of r, a/(a+b) and a+b: customers who differ, hardly do, and much.
STARTS = ((0.5, 0.2, 2.0), (3.0, 0.05, 10.0), (0.2, 0.5, 1.0))
# A part of so many groups of customers says where the search over all of them starts.
PART = 20_000


@dataclass(frozen=True)
class Parameters:
    """Gamma(r, alpha) of the purchase rate per week, Beta(a, b) of the probability to leave after a purchase."""

    r: float
    alpha: float
    a: float
    b: float

    @classmethod
    def at(cls, free: Floats) -> Self:
        """Those of the values that a fit is in."""
        r, rate, share, size = np.exp(free[0]), np.exp(free[1]), 1 / (1 + np.exp(-free[2])), np.exp(free[3])
        return cls(float(r), float(r / rate), float(share * size), float((1 - share) * size))

    @property
    def free(self) -> Floats:
        """The values that a fit is in."""
        return np.log([self.r, self.r / self.alpha, self.a / self.b, self.a + self.b])

    @property
    def jacobian(self) -> Floats:
        """Derivatives of r, alpha, a and b (rows) by the values that a fit is in."""
        slope = self.a * self.b / (self.a + self.b)
        return np.array([[self.r, 0, 0, 0], [self.alpha, -self.alpha, 0, 0], [0, 0, slope, self.a], [0, 0, -slope, self.b]])


def fitted(histories: Histories) -> Maximum:
    """The most likely parameters, in the values that a fit is in. Raises NotFitted."""
    part = histories.every(-(-len(histories.customers) // PART))
    bought, weeks = (part.customers @ column.spread(column.values) for column in (part.frequency, part.age))
    rate = float(bought / weeks)
    starts = [Parameters(r, r / rate, share * size, (1 - share) * size).free for r, share, size in STARTS]
    start = best_start(lambda free: log_likelihood(free, part), starts, BOUNDS)
    return maximum(lambda free: log_likelihood(free, histories), start, BOUNDS, histories.total)


def log_likelihood(free: Floats, histories: Histories) -> tuple[float, Floats]:
    """Equation 6 of the paper as a logarithm, over all customers, and its gradient by the values that a fit is in."""
    value_of_counts, slopes_of_counts = _of_counts(Parameters.at(free), histories)
    value_of_times, slopes_of_times = _of_times(Parameters.at(free), histories)
    return value_of_counts + value_of_times, (slopes_of_counts + slopes_of_times) @ Parameters.at(free).jacobian


def _of_counts(found: Parameters, histories: Histories) -> tuple[float, Floats]:
    """The factors that depend on the number of purchases alone, and their slopes by r, alpha, a and b."""
    from scipy.special import betaln, digamma, gammaln

    r, a, b = found.r, found.a, found.b
    x = histories.frequency.values
    n = histories.by_frequency(histories.customers)
    value = n @ (gammaln(r + x) - gammaln(r) + r * np.log(found.alpha) + betaln(a, b + x) - betaln(a, b))
    of_size = digamma(a + b) - digamma(a + b + x)
    slopes = [
        n @ (digamma(r + x) - digamma(r) + np.log(found.alpha)),
        n.sum() * r / found.alpha,
        n @ of_size,
        n @ (of_size + digamma(b + x) - digamma(b)),
    ]
    return float(value), np.array(slopes)


def _of_times(found: Parameters, histories: Histories) -> tuple[float, Floats]:
    """The factor that depends on when they were: the customer is active after T without a purchase since t_x, or left at t_x."""
    from scipy.special import expit

    exponent = found.r + histories.frequency.spread(histories.frequency.values)
    age, recency = (found.alpha + column.values for column in (histories.age, histories.recency))
    ln_age, ln_recency = histories.age.spread(np.log(age)), histories.recency.spread(np.log(recency))
    ln_odds = _ln_odds_of_having_left(found, histories)
    value = histories.customers @ (np.logaddexp(0, ln_odds) - exponent * ln_age)
    gone = histories.customers * expit(ln_odds)
    there = histories.customers - gone
    slopes = [
        -(there @ ln_age) - gone @ ln_recency,
        -((exponent * there) @ histories.age.spread(1 / age)) - (exponent * gone) @ histories.recency.spread(1 / recency),
        gone.sum() / found.a,
        -(histories.by_frequency(gone) @ (1 / _once_left(found, histories.frequency.values))),
    ]
    return float(value), np.array(slopes)


def _ln_odds_of_having_left(found: Parameters, histories: Histories) -> Floats:
    """ln(P(left after the last purchase) / P(active)), for each group; of those who bought once minus infinity."""
    x = histories.frequency.values
    ln_left = np.where(x > 0, np.log(found.a / _once_left(found, x)), -np.inf)
    ln_age = histories.age.spread(np.log(found.alpha + histories.age.values))
    ln_recency = histories.recency.spread(np.log(found.alpha + histories.recency.values))
    return histories.frequency.spread(ln_left) + histories.frequency.spread(found.r + x) * (ln_age - ln_recency)


def _once_left(found: Parameters, x: Floats) -> Floats:
    return np.where(x > 0, found.b + x - 1, 1.0)


def ln_probability_alive(found: Parameters, histories: Histories) -> Floats:
    """The logarithm of the probability that a customer of each group still buys, given the history.

    Fader, Hardie, Lee (2008), "Computing P(alive) Using the BG/NBD Model": 1 where they bought once, as nobody leaves before.
    """
    return -np.logaddexp(0, _ln_odds_of_having_left(found, histories))
