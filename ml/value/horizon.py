"""How many purchases BG/NBD expects of customers within a horizon, and how sure that is.

The paper's equation 10 is P(active) times the mean of (1 - ((α+T) / (α+T+pt))^(r+x)) / p over p ~ Beta(a, b+x), of which it gives the
Gaussian hypergeometric function as the integral. Here the mean is a sum over the nodes of a Gauss-Jacobi quadrature: positive terms
without a difference of great ones, so that it is exact for many purchases too, near a = 1, and never falls with the horizon.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.value.bg_nbd import Parameters, ln_probability_alive
from ml.value.history import Distinct, Histories
from ml.value.maximum import Floats

# As many (number of purchases, age) are computed at once; each takes a row of nodes.
CHUNK = 20_000
STEP = 1e-4


@dataclass(frozen=True)
class _Pairs:
    """What an active customer buys depends on the number of purchases x and the age T alone: the distinct pairs of groups."""

    frequency: Distinct
    age: Floats
    places: NDArray[np.intp]


@dataclass(frozen=True)
class Expected:
    """Of a customer of each group: purchases expected within the horizon, and expected were the customer active for sure.

    The variances are those of the logarithms, by what is not known of the parameters (delta method); not there without a covariance.
    """

    purchases: Floats
    of_active: Floats
    variance: Floats | None
    variance_of_active: Floats | None


def expected(at: Floats, covariance: Floats | None, histories: Histories, weeks: float) -> Expected:
    """What a fit that ended `at` expects within `weeks` from the end of the observation."""
    pairs = _pairs(histories)
    purchases, of_active = _logarithms(at, histories, pairs, weeks)
    if covariance is None:
        return Expected(np.exp(purchases), np.exp(of_active), None, None)
    ends = [[_logarithms(at + way * step, histories, pairs, weeks) for way in (1, -1)] for step in STEP * np.eye(len(at))]
    slopes = [np.array([(after[i] - before[i]) / (2 * STEP) for after, before in ends]) for i in (0, 1)]
    variances = [np.maximum(np.einsum("ig,ij,jg->g", slope, covariance, slope), 0) for slope in slopes]
    return Expected(np.exp(purchases), np.exp(of_active), *variances)


def _logarithms(at: Floats, histories: Histories, pairs: _Pairs, weeks: float) -> tuple[Floats, Floats]:
    found = Parameters.at(at)
    of_active = np.log(_of_active(found, pairs, weeks))[pairs.places]
    return ln_probability_alive(found, histories) + of_active, of_active


def _pairs(histories: Histories) -> _Pairs:
    frequency, age = histories.frequency, histories.age
    pairs = Distinct.of(frequency.places * len(age.values) + age.places)
    x, t = np.divmod(pairs.values.astype(int), len(age.values))
    return _Pairs(Distinct(frequency.values, x), age.values[t], pairs.places)


def _of_active(found: Parameters, pairs: _Pairs, weeks: float) -> Floats:
    """Purchases expected of each pair's customer, were they active."""
    x = pairs.frequency
    nodes, weights = _quadrature(found, x.values, _count(weeks / (found.alpha + pairs.age.min(initial=np.inf))))
    expected = np.empty(len(pairs.age))
    for part in np.array_split(np.arange(len(expected)), len(expected) // CHUNK + 1):
        p = nodes[x.places[part]]
        ratio = (weeks / (found.alpha + pairs.age[part]))[:, None]
        exponent = (found.r + x.values[x.places[part]])[:, None]
        expected[part] = (-np.expm1(-exponent * np.log1p(p * ratio)) / p * weights[x.places[part]]).sum(axis=1)
    return expected


def _count(ratio: float) -> int:
    """Enough nodes: their error falls as exp(-4 nodes / sqrt(ratio)), by how far the integrand's pole at -1/ratio is from 0.

    With the most that are taken, a customer of today is off by 5 parts in 10,000 for two years ahead and an alpha of less than two
    hours, and by less than a millionth wherever 150 alpha are longer than the horizon.
    """
    return min(max(32, math.ceil(10 * math.sqrt(ratio))), 160)


def _quadrature(found: Parameters, x: Floats, count: int) -> tuple[Floats, Floats]:
    """Nodes and weights, a row for each x, of means over Beta(a, b+x).

    Golub, Welsch (1969), Calculation of Gauss Quadrature Rules, Mathematics of Computation 23: eigenvalues of the matrix of the
    recurrence of Jacobi polynomials, and squares of the first components of its eigenvectors.
    """
    from scipy.linalg import eigh_tridiagonal

    one, other = (found.b + x - 1)[:, None], found.a - 1
    k = np.arange(1, count, dtype=float)
    total = 2 * k + one + other
    diagonal = np.concatenate([(other - one) / (one + other + 2), (other**2 - one**2) / (total * (total + 2))], axis=1)
    # Of k = 1 two factors are equal, and may both be 0.
    last = np.where(k == 1, 1.0, (k + one + other) / np.where(k == 1, 1.0, total - 1))
    beside = np.sqrt(4 * k * (k + one) * (k + other) * last / (total**2 * (total + 1)))
    solved = [eigh_tridiagonal(*row) for row in zip((1 + diagonal) / 2, beside / 2, strict=True)]
    values, vectors = (np.array(parts) for parts in zip(*solved, strict=True))
    # Nodes that are 0 up to rounding: the integrand has its limit there.
    return np.maximum(values, 1e-30), vectors[:, 0, :] ** 2
