"""Gamma-Gamma gives the published figures, and finds again what customers were made from."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.value.gamma_gamma import (
    Parameters,
    Spending,
    expected_order_value,
    fitted,
    log_likelihood,
    variance_of_ln_expected,
)
from tests.ml.value import cdnow, simulated
from tests.ml.value.test_bg_nbd import LAW

FREE = st.tuples(st.floats(-3, 4), st.floats(-3, 4), st.floats(-2, 8)).map(np.array)
SPENDERS = st.lists(st.tuples(st.integers(1, 300), st.floats(0.01, 1e6)), min_size=1, max_size=20)


@pytest.mark.reference_data
def test_the_published_parameters_of_cdnow_to_three_digits(reference_data: Path) -> None:
    known = cdnow.spending(cdnow.purchases(reference_data))
    found = Parameters.at(fitted(known).at)

    assert len(known.spend) == 946
    assert [round(value, 2) for value in (found.p, found.q, found.v)] == [6.25, 3.74, 15.44]


@pytest.mark.reference_data
def test_the_published_expectations_of_cdnow(reference_data: Path) -> None:
    """Fader, Hardie (2013), section 4: the population's mean, and it is the expectation of who has not bought again."""
    found = Parameters.at(fitted(cdnow.spending(cdnow.purchases(reference_data))).at)

    assert expected_order_value(found, np.zeros(1), np.zeros(1)) == pytest.approx(found.p * found.v / (found.q - 1))
    weights = found.p * 2 / (found.p * 2 + found.q - 1)
    mean = found.p * found.v / (found.q - 1)
    # Equation 5 as a mean of the population's and the customer's own, weighted by how much is known of the customer.
    assert expected_order_value(found, np.array([2.0]), np.array([60.0])) == pytest.approx((1 - weights) * mean + weights * 30)


@LAW
@given(SPENDERS, FREE)
def test_the_gradient_is_that_of_the_likelihood(spenders, free) -> None:  # type: ignore[no-untyped-def]
    known, step = Spending.of(*zip(*spenders, strict=True)), 1e-5
    slopes = [
        (log_likelihood(free + way, known)[0] - log_likelihood(free - way, known)[0]) / (2 * step) for way in step * np.eye(3)
    ]
    assert log_likelihood(free, known)[1] == pytest.approx(slopes, rel=1e-4, abs=1e-2)


def test_parameters_are_found_again_in_customers_made_from_them() -> None:
    made = Parameters(4.0, 3.5, 25.0)
    purchases = np.random.default_rng(5).geometric(0.3, 10_000).astype(float)
    found = fitted(Spending.of(purchases, simulated.spend(made, purchases, seed=6)))
    off = found.at - made.free

    assert found.covariance is not None and not found.at_bound.any()
    # The squared distance in units of the covariance is chi-squared with 3 degrees: less than 16.3 in 999 of 1,000.
    assert off @ np.linalg.solve(found.covariance, off) < 16.3
    assert np.abs(off).max() < 0.2


def test_variances_are_those_of_parameters_drawn_from_their_distribution() -> None:
    at, covariance = Parameters(6.25, 3.74, 15.44).free, 1e-4 * np.array([[9, -3, 0], [-3, 6, -1], [0, -1, 4]])
    purchases, spend = np.array([0.0, 1.0, 5.0, 80.0]), np.array([0.0, 20.0, 300.0, 1000.0])
    drawn = np.random.default_rng(7).multivariate_normal(at, covariance, 20_000)
    spread = np.log([expected_order_value(Parameters.at(free), purchases, spend) for free in drawn]).var(axis=0)

    assert variance_of_ln_expected(at, covariance, purchases, spend) == pytest.approx(spread, rel=0.05)


def test_amounts_in_cents_give_the_same_fit_as_in_dollars() -> None:
    purchases = np.random.default_rng(8).geometric(0.4, 2000).astype(float)
    spend = simulated.spend(Parameters(2.0, 4.0, 30.0), purchases, seed=9)
    dollars, cents = (Parameters.at(fitted(Spending.of(purchases, spend * unit)).at) for unit in (1, 100))

    assert (cents.p, cents.q, cents.v / 100) == pytest.approx((dollars.p, dollars.q, dollars.v), rel=1e-3)
