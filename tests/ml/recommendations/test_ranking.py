"""The best products of each user, compared with sorting all of them."""

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from ml.recommendations.ranking import NONE, Ranked, Vectors, ranked_by_scores, ranked_by_vectors, ranked_for_all

SHAPE = (5, 7)
values = arrays(np.float64, SHAPE, elements=st.integers(-2, 9).map(float))
bars = arrays(np.bool_, SHAPE)


def expected(scores: np.ndarray, barred: np.ndarray, ranks: int) -> list[list[float]]:
    """The greatest scores above 0 of what is allowed."""
    allowed = np.where(barred, 0, scores)
    return [sorted((s for s in row if s > 0), reverse=True)[:ranks] for row in allowed.tolist()]


def checked(ranked: Ranked, scores: np.ndarray, barred: np.ndarray) -> list[list[float]]:
    """The lists' scores, each of which is that of its product, which is allowed and listed once."""
    for user, (products, of_products) in enumerate(zip(ranked.products, ranked.scores, strict=True)):
        listed = products[products != NONE]
        assert len(set(listed)) == len(listed)
        assert not barred[user, listed].any()
        np.testing.assert_allclose(scores[user, listed], of_products[: len(listed)])
        assert (of_products[len(listed) :] == 0).all()
    return [[s for s in row if s > 0] for row in ranked.scores.tolist()]


@given(values, bars, st.integers(1, 9))
def test_sparse_scores(scores: np.ndarray, barred: np.ndarray, ranks: int) -> None:
    ranked = ranked_by_scores(sparse.csr_matrix(scores), sparse.csr_matrix(barred.astype(float)), ranks)

    assert checked(ranked, scores, barred) == expected(scores, barred, ranks)


@given(values, bars, st.integers(1, 9))
def test_vectors(scores: np.ndarray, barred: np.ndarray, ranks: int) -> None:
    vectors = Vectors(np.eye(5, dtype=np.float32), scores.T.astype(np.float32))
    users = np.array([4, 0, 2])
    ranked = ranked_by_vectors(vectors, users, sparse.csr_matrix(barred[users].astype(float)), ranks)

    assert checked(ranked, scores[users], barred[users]) == expected(scores[users], barred[users], ranks)


@given(arrays(np.float64, SHAPE[1], elements=st.integers(-2, 9).map(float)), bars, st.integers(1, 9), st.integers(1, 30))
def test_one_score_for_all(scores: np.ndarray, barred: np.ndarray, ranks: int, cells: int) -> None:
    with patch("ml.recommendations.ranking.CELLS", cells):
        ranked = ranked_for_all(scores, sparse.csr_matrix(barred.astype(float)), ranks)

    of_users = np.tile(scores, (SHAPE[0], 1))
    assert checked(ranked, of_users, barred) == expected(of_users, barred, ranks)


def test_of_equal_sparse_scores_the_lower_position_comes_first() -> None:
    ranked = ranked_by_scores(sparse.csr_matrix([[1.0, 2.0, 1.0, 1.0]]), sparse.csr_matrix((1, 4)), 3)

    assert ranked.products.tolist() == [[1, 0, 2]]
