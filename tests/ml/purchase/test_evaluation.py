"""Figures are those of plain Python, example by example."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.purchase.evaluation import best_threshold, figures, standard_error

judged = st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.7, 0.9]), st.booleans()), min_size=2, max_size=25).filter(
    lambda found: len({bought for _, bought in found}) == 2
)
Judged = list[tuple[float, bool]]


def arrays(found: Judged) -> tuple[np.ndarray, np.ndarray]:
    return np.array([p for p, _ in found]), np.array([bought for _, bought in found])


def plain_f1(found: Judged, threshold: float) -> tuple[float, float, float]:
    hits = sum(p >= threshold and bought for p, bought in found)
    said, wanted = sum(p >= threshold for p, _ in found), sum(bought for _, bought in found)
    precision, recall = (hits / said if said else 0.0), hits / wanted
    return precision, recall, 2 * hits / (said + wanted)


@settings(deadline=None)
@given(judged, st.sampled_from([0.1, 0.3, 0.7, 1.0]), st.integers(1, 30))
def test_they_are_what_plain_python_computes(found: Judged, threshold: float, k: int) -> None:
    got = figures(*arrays(found), threshold, k)

    bought, others = ([p for p, was in found if was is kind] for kind in (True, False))
    wins = [1 if b > o else 0.5 if b == o else 0 for b, o in product(bought, others)]
    assert got.auc == pytest.approx(sum(wins) / len(wins))
    assert (got.precision, got.recall, got.f1) == pytest.approx(plain_f1(found, threshold))
    greatest = sorted(found, key=lambda one: -one[0])[:k]
    assert got.precision_at_k == pytest.approx(sum(was for _, was in greatest) / len(greatest))


@given(judged)
def test_no_other_threshold_has_a_greater_f1(found: Judged) -> None:
    threshold = best_threshold(*arrays(found))

    assert plain_f1(found, threshold)[2] == pytest.approx(max(plain_f1(found, p)[2] for p, _ in found))


def test_the_standard_error_is_that_of_the_publication() -> None:
    """Hanley and McNeil 1982: an area of 0.893 over 51 abnormal and 58 normal cases has a standard error of 0.032."""
    assert standard_error(0.893, 51, 58) == pytest.approx(0.032, abs=0.001)
