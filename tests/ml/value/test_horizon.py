"""Purchases within a horizon are the published expectation, for many purchases too; intervals cover what they say."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import hyp2f1
from scipy.stats import beta

from ml.value.bg_nbd import Parameters, fitted, ln_probability_alive
from ml.value.history import Histories
from ml.value.horizon import expected
from tests.ml.value import simulated
from tests.ml.value.test_bg_nbd import CUSTOMERS, FREE, LAW, histories

Floats = NDArray[np.float64]
CDNOW = Parameters(0.243, 4.414, 0.793, 2.426)


def purchases(found: Parameters, known: Histories, weeks: float) -> Floats:
    return expected(found.free, None, known, weeks).purchases


def test_the_published_example() -> None:
    """Fader, Hardie, Lee (2005), "Implementing the BG/NBD Model in Excel": customer 0001 in the next 39 weeks."""
    assert purchases(CDNOW, Histories.of([2], [30.43], [38.86]), 39) == pytest.approx(1.226, abs=5e-4)


def equation_10(found: Parameters, x: Floats, t: Floats, age: Floats, weeks: float) -> Floats:
    r, alpha, a, b = found.r, found.alpha, found.a, found.b
    series = hyp2f1(r + x, b + x, a + b + x - 1, weeks / (alpha + age + weeks))
    of_active = (a + b + x - 1) / (a - 1) * (1 - ((alpha + age) / (alpha + age + weeks)) ** (r + x) * series)
    odds = np.where(x > 0, a / np.where(x > 0, b + x - 1, 1) * ((alpha + age) / (alpha + t)) ** (r + x), 0)
    result: Floats = of_active / (1 + odds)
    return result


@LAW
@given(st.lists(st.tuples(st.integers(0, 25), st.integers(0, 40), st.integers(0, 40)), min_size=1), st.floats(1, 104))
def test_equation_10_of_the_paper(given_ages: list[tuple[int, int, int]], weeks: float) -> None:
    customers = sorted({(x, t if x else 0, t + more if x else more) for x, t, more in given_ages})
    x, t, age = (np.array(column, dtype=float) for column in zip(*customers, strict=True))

    assert purchases(CDNOW, Histories.of(x, t, age), weeks) == pytest.approx(equation_10(CDNOW, x, t, age, weeks), rel=1e-8)


@pytest.mark.parametrize("a", [1.0, 1.0 + 1e-9, 0.3, 40.0])
@pytest.mark.parametrize("x", [0, 3, 2000])
def test_many_purchases_and_a_of_1_are_exact(a: float, x: int) -> None:
    """Against the integral over the probability to leave, by another method than the quadrature."""
    found, age, weeks = Parameters(0.7, 5.0, a, 3.0), 52.0, 26.0

    def bought(share: float) -> float:
        # Over the distribution's quantiles, so that its singular ends are none.
        p = max(float(beta.ppf(share, a, 3.0 + x)), 1e-300)
        return float(-np.expm1(-(0.7 + x) * np.log1p(p * weeks / (5.0 + age))) / p)

    known = Histories.of([x], [age if x else 0.0], [age])
    assert expected(found.free, None, known, weeks).of_active[0] == pytest.approx(quad(bought, 0, 1, limit=500)[0], rel=1e-6)


@LAW
@given(CUSTOMERS, FREE, st.lists(st.floats(0.1, 500), min_size=2, max_size=5))
def test_a_longer_horizon_never_has_fewer_purchases(customers, free, weeks) -> None:  # type: ignore[no-untyped-def]
    known = histories(customers)
    found = [expected(free, None, known, w) for w in sorted(weeks)]

    for shorter, longer in pairwise(found):
        assert (longer.purchases >= shorter.purchases * (1 - 1e-9)).all()
    for one in found:
        assert np.isfinite(one.purchases).all() and (one.purchases >= 0).all()
        assert (one.purchases <= one.of_active * (1 + 1e-12)).all()


def test_variances_are_those_of_parameters_drawn_from_their_distribution() -> None:
    at, covariance = CDNOW.free, 1e-4 * np.array([[2, 1, 0, 0], [1, 3, 1, 0], [0, 1, 4, -1], [0, 0, -1, 5]])
    known = Histories.of([0, 1, 4, 30], [0, 10, 20, 38], [30, 40, 25, 39])
    found = expected(at, covariance, known, 13)
    drawn = np.random.default_rng(4).multivariate_normal(at, covariance, 2000)
    spread = np.log([expected(free, None, known, 13).purchases for free in drawn]).var(axis=0)

    assert found.variance == pytest.approx(spread, rel=0.15)


def off_in_deviations(made: Parameters, customers: int, seed: int) -> tuple[Floats, Floats]:
    """How far the expectation of each group is from the true one, in its standard deviations, and the group's share."""
    age = np.random.default_rng(seed).uniform(5, 60, customers).round()
    known = Histories.of(*simulated.histories(made, age, seed), age)
    fit = fitted(known)
    found = expected(fit.at, fit.covariance, known, 13)
    assert found.variance is not None
    off = np.log(purchases(made, known, 13) / found.purchases) / np.sqrt(found.variance)
    return off, known.customers / known.total


def test_intervals_cover_the_true_expectation_as_often_as_they_say() -> None:
    made = Parameters(0.5, 6.0, 0.8, 2.5)
    fits = [off_in_deviations(made, 400, seed) for seed in range(16)]
    covered = [share @ (np.abs(off) <= 1.96) for off, share in fits]
    squares = [share @ off**2 for off, share in fits]

    # Customers of one fit are covered together: the mean over 16 fits has a standard error of 3 to 5 percentage points.
    assert 0.82 < np.mean(covered) <= 1.0
    assert 0.5 < np.mean(squares) < 1.6


@LAW
@given(CUSTOMERS, FREE)
def test_who_still_buys_expects_what_an_active_customer_does(customers, free) -> None:  # type: ignore[no-untyped-def]
    known = histories(customers)
    found = expected(free, None, known, 13)
    alive = np.exp(ln_probability_alive(Parameters.at(free), known))

    assert found.purchases == pytest.approx(alive * found.of_active, rel=1e-9)
