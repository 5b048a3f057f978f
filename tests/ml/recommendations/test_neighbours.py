"""Products that share users: the damped cosine, by plain Python."""

from itertools import product
from math import log1p, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from ml.recommendations.declaration import RecommendationsSection
from ml.recommendations.neighbours import similarity


def plain(weights: np.ndarray, damping: float) -> np.ndarray:
    users, products = weights.shape
    found = np.zeros((products, products))
    for i, j in product(range(products), repeat=2):
        pairs = [(log1p(weights[u, i]), log1p(weights[u, j])) for u in range(users)]
        of_i, of_j = sum(a * a for a, _ in pairs), sum(b * b for _, b in pairs)
        both = sum(a * b for a, b in pairs)
        found[i, j] = both / sqrt((of_i + damping) * (of_j + damping)) if both and i != j else 0
    return found


@given(arrays(np.float64, (4, 5), elements=st.integers(0, 3).map(float)), st.sampled_from([0.0, 5.0]))
def test_it_is_the_damped_cosine_of_each_two(weights: np.ndarray, damping: float) -> None:
    found = similarity(sparse.csr_matrix(weights), RecommendationsSection(damping=damping))

    np.testing.assert_allclose(found.toarray(), plain(weights, damping), rtol=1e-6)


def test_the_nearest_are_kept() -> None:
    weights = sparse.csr_matrix([[9.0, 5.0, 1.0], [9.0, 5.0, 1.0], [0.0, 5.0, 9.0]])
    kept = similarity(weights, RecommendationsSection(neighbours=1))

    assert kept.indices[kept.indptr[0]] == 1
    assert np.diff(kept.indptr).tolist() == [1, 1, 1]


def test_damping_holds_apart_products_that_share_their_only_user() -> None:
    """Undamped they are as alike as can be; damped, two products with forty users in common are more alike."""
    weights = np.zeros((42, 4))
    weights[:40, :2] = 1
    weights[40, 2:] = 1
    damped = similarity(sparse.csr_matrix(weights), RecommendationsSection()).toarray()
    undamped = similarity(sparse.csr_matrix(weights), RecommendationsSection(damping=0)).toarray()

    assert undamped[2, 3] == pytest.approx(undamped[0, 1]) == pytest.approx(1)
    assert damped[2, 3] < 0.1 < 0.5 < damped[0, 1]
