"""The maximum of a log-likelihood within bounds, and the covariance of where it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# A log-likelihood and its gradient.
Likelihood = Callable[[Floats], tuple[float, Floats]]
# The step of differences of gradients: their error is of the order of its square.
STEP = 1e-4
# How far below the maximum, in units of log-likelihood, the end of a search may lie.
SLACK = 1e-4


class NotFitted(Exception):
    """The likelihood has no maximum that was found; the message is the reason, in a few words."""


@dataclass(frozen=True)
class Maximum:
    """Where the log-likelihood is greatest, and its value there.

    covariance: of the estimates, the inverse of the observed information; 0 for those at a bound, which are taken as given.
    None where the data do not determine the others. at_bound: which ones are.
    """

    at: Floats
    log_likelihood: float
    covariance: Floats | None
    at_bound: NDArray[np.bool_]


def best_start(likelihood: Likelihood, starts: Sequence[Floats], bounds: Sequence[tuple[float, float]]) -> Floats:
    """The best end of searches from each start: for a likelihood of a part of the data, a start for all of them."""
    ends = [_search(likelihood, start, bounds, 1.0) for start in starts]
    return max(ends, key=lambda end: likelihood(end)[0])


def maximum(likelihood: Likelihood, start: Floats, bounds: Sequence[tuple[float, float]], size: float) -> Maximum:
    """Search from `start`. `size`: of how many observations the likelihood is. Raises NotFitted where the search does not end."""
    at = _search(likelihood, start, bounds, size)
    value, gradient = likelihood(at)
    if not np.isfinite(value) or not np.isfinite(gradient).all():
        raise NotFitted("the likelihood is not finite")
    lower, upper = np.array(bounds).T
    at_bound = (at - lower < STEP) | (upper - at < STEP)
    covariance = _covariance(_information(likelihood, at), ~at_bound)
    if covariance is not None and gradient @ covariance @ gradient > 2 * SLACK:
        raise NotFitted("the search for the maximum of the likelihood did not end")
    return Maximum(at, float(value), covariance, at_bound)


def _search(likelihood: Likelihood, start: Floats, bounds: Sequence[tuple[float, float]], size: float) -> Floats:
    from scipy.optimize import minimize

    def lost(at: Floats) -> tuple[float, Floats]:
        value, gradient = likelihood(at)
        return -value / size, -gradient / size

    # L-BFGS-B would hand vectors of four numbers to a BLAS with threads, and wait for them where the cores are busy.
    options = {"maxfun": 2000, "ftol": 1e-15, "xtol": 1e-12, "gtol": 1e-12}
    found: Floats = minimize(lost, start, jac=True, method="TNC", bounds=bounds, options=options).x
    return found


def _information(likelihood: Likelihood, at: Floats) -> Floats:
    """Minus the second derivatives, by differences of the gradient."""
    steps = STEP * np.eye(len(at))
    rows = [(likelihood(at - step)[1] - likelihood(at + step)[1]) / (2 * STEP) for step in steps]
    return (np.array(rows) + np.array(rows).T) / 2


def _covariance(information: Floats, free: NDArray[np.bool_]) -> Floats | None:
    kept = information[np.ix_(free, free)]
    if not np.isfinite(kept).all() or np.linalg.eigvalsh(kept).min(initial=np.inf) <= 0:
        return None
    covariance = np.zeros_like(information)
    covariance[np.ix_(free, free)] = np.linalg.inv(kept)
    return covariance
