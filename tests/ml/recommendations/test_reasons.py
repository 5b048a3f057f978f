"""The user's product that adds most to a score, by plain Python."""

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from ml.recommendations.methods import ByNeighbours
from ml.recommendations.ranking import NONE
from ml.recommendations.reasons import reasons

USERS, PRODUCTS, RANKS = 4, 5, 3
few = st.integers(0, 3).map(float)


def plain(weights: np.ndarray, similarity: np.ndarray, user: int, product: int) -> int:
    adds = {own: weights[user, own] * similarity[own, product] for own in range(PRODUCTS) if weights[user, own]}
    return max(adds, key=lambda own: (adds[own], -own))


@given(arrays(np.float64, (USERS, PRODUCTS), elements=few), arrays(np.float64, (PRODUCTS, PRODUCTS), elements=few), st.data())
def test_it_is_the_one_that_adds_most(weights: np.ndarray, similarity: np.ndarray, data: st.DataObject) -> None:
    method = ByNeighbours(sparse.csr_matrix(weights), sparse.csr_matrix(similarity))
    scores = weights @ similarity
    lists = np.full((USERS, RANKS), NONE)
    for user in range(USERS):
        listed = data.draw(st.permutations([int(p) for p in np.flatnonzero(scores[user] > 0)]))[:RANKS]
        lists[user, : len(listed)] = listed
    with patch("ml.recommendations.reasons.CELLS", data.draw(st.integers(1, 20))):
        found = reasons(method, lists)

    for (user, rank), product in np.ndenumerate(lists):
        expected = NONE if product == NONE else plain(weights, similarity, user, product)
        assert found[user, rank] == expected
