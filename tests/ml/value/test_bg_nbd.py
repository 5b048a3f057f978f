"""BG/NBD gives the published figures, and the laws that its equations promise hold."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.value.bg_nbd import NAMES, Parameters, fitted, ln_probability_alive, log_likelihood
from ml.value.history import Histories
from tests.ml.value import cdnow, simulated

FREE = st.tuples(st.floats(-4, 4), st.floats(-6, 2), st.floats(-5, 5), st.floats(-3, 5)).map(np.array)
CUSTOMER = st.integers(0, 400).flatmap(lambda age: st.tuples(st.integers(0, min(age, 300)), st.integers(0, age), st.just(age)))
# A loaded machine is slow.
LAW = settings(max_examples=40, deadline=None)
CUSTOMERS = st.lists(CUSTOMER.map(lambda c: c if c[0] else (0, 0, c[2])), min_size=1, max_size=12)


def histories(customers: list[tuple[int, int, int]]) -> Histories:
    frequency, recency, age = (list(column) for column in zip(*customers, strict=True))
    return Histories.of(frequency, recency, age)


@pytest.mark.reference_data
def test_the_published_parameters_of_cdnow_to_three_digits(reference_data: Path) -> None:
    known = cdnow.histories(cdnow.purchases(reference_data))
    found = fitted(known)
    fit = Parameters.at(found.at)

    assert (known.total, known.repeat_buyers) == (2357, 946)
    assert [round(value, 3) for value in (fit.r, fit.alpha, fit.a, fit.b)] == [0.243, 4.414, 0.793, 2.426]
    assert round(found.log_likelihood, 1) == -9582.4


def of_one(x: int, t: float, age: float, found: Parameters) -> float:
    """Equation 6 of the paper, for one customer."""
    r, alpha, a, b = found.r, found.alpha, found.a, found.b
    ln_beta = [
        math.lgamma(m) + math.lgamma(n) - math.lgamma(m + n) for m, n in ((a, b + x), (a, b), (a + 1, b + x - 1) if x else (1, 1))
    ]
    ln_active = ln_beta[0] - ln_beta[1] - (r + x) * math.log(alpha + age)
    ln_gamma = math.lgamma(r + x) + r * math.log(alpha) - math.lgamma(r)
    if not x:
        return ln_gamma + ln_active
    ln_left = ln_beta[2] - ln_beta[1] - (r + x) * math.log(alpha + t)
    top = max(ln_active, ln_left)
    return ln_gamma + top + math.log(math.exp(ln_active - top) + math.exp(ln_left - top))


@LAW
@given(CUSTOMERS, FREE, st.randoms())
def test_counting_equal_customers_together_leaves_the_likelihood(customers, free, chance) -> None:  # type: ignore[no-untyped-def]
    repeated = customers * 3 + customers[:2]
    chance.shuffle(repeated)
    together = histories(repeated)

    assert len(together.customers) == len(set(customers))
    assert together.total == len(repeated)
    expected = math.fsum(of_one(x, t, age, Parameters.at(free)) for x, t, age in repeated)
    assert log_likelihood(free, together)[0] == pytest.approx(expected, rel=1e-8, abs=1e-6)


@LAW
@given(CUSTOMERS, FREE)
def test_the_gradient_is_that_of_the_likelihood(customers, free) -> None:  # type: ignore[no-untyped-def]
    known, step = histories(customers), 1e-5
    slopes = [
        (log_likelihood(free + way, known)[0] - log_likelihood(free - way, known)[0]) / (2 * step) for way in step * np.eye(4)
    ]
    assert log_likelihood(free, known)[1] == pytest.approx(slopes, rel=1e-4, abs=1e-3)


@LAW
@given(CUSTOMERS, FREE)
def test_the_probability_to_be_active_is_one_and_1_before_the_second_purchase(customers, free) -> None:  # type: ignore[no-untyped-def]
    known = histories(customers)
    probability = np.exp(ln_probability_alive(Parameters.at(free), known))
    bought = known.frequency.spread(known.frequency.values)

    assert ((probability >= 0) & (probability <= 1)).all()
    assert (probability[bought == 0] == 1).all()


def test_the_probability_to_be_active_as_it_is_published() -> None:
    """1 / (1 + a / (b+x-1) ((alpha+T) / (alpha+t_x))^(r+x)), with the published parameters."""
    found = Parameters(0.243, 4.414, 0.793, 2.426)
    known = Histories.of([2, 10], [30.43, 5], [38.86, 38.86])
    odds = [0.793 / (2.426 + x - 1) * ((4.414 + 38.86) / (4.414 + t)) ** (0.243 + x) for x, t in ((2, 30.43), (10, 5))]

    assert np.exp(ln_probability_alive(found, known)) == pytest.approx([1 / (1 + o) for o in odds], rel=1e-12)


@pytest.mark.parametrize("made", [Parameters(0.5, 6.0, 0.8, 2.5), Parameters(2.0, 20.0, 1.5, 6.0)])
def test_parameters_are_found_again_in_customers_made_from_them(made: Parameters) -> None:
    age = np.random.default_rng(1).uniform(4, 104, 10_000).round()
    found = fitted(Histories.of(*simulated.histories(made, age, seed=2), age))
    off = found.at - made.free

    assert found.covariance is not None and not found.at_bound.any()
    # Means are found more exactly than how much customers differ.
    assert (np.abs(off) < [0.2, 0.1, 0.2, 0.5]).all()
    # The squared distance in units of the covariance is chi-squared with 4 degrees: less than 18.5 in 999 of 1,000.
    assert off @ np.linalg.solve(found.covariance, off) < 18.5


def test_customers_who_all_buy_alike_end_at_a_bound_that_is_named() -> None:
    made = Parameters(1e6, 4e6, 0.5, 2.0)
    age = np.full(3000, 40.0)
    found = fitted(Histories.of(*simulated.histories(made, age, seed=4), age))

    assert [name for name, is_bound in zip(NAMES, found.at_bound, strict=True) if is_bound] == ["r"]
    assert found.covariance is not None and np.diag(found.covariance)[0] == 0
    fit = Parameters.at(found.at)
    assert (fit.r / fit.alpha, fit.a / (fit.a + fit.b)) == pytest.approx((0.25, 0.2), abs=0.02)


@settings(max_examples=15, deadline=None)
@given(st.lists(CUSTOMER, min_size=10, max_size=40), st.integers(0, 2**32 - 1))
def test_the_fit_depends_on_the_customers_alone_and_not_on_their_order(customers, seed) -> None:  # type: ignore[no-untyped-def]
    known = [(x, t, age) if x else (0, 0, age) for x, t, age in customers]
    order = np.random.default_rng(seed).permutation(len(known))
    one, other = histories(known), histories([known[i] for i in order])
    free = np.array([0.1, -2.0, -1.0, 1.0])

    assert log_likelihood(free, one)[0] == log_likelihood(free, other)[0]
    assert (log_likelihood(free, one)[1] == log_likelihood(free, other)[1]).all()
