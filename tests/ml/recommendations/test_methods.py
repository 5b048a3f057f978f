"""Methods by plain linear algebra, and how popular products fill what a method leaves open."""

from unittest.mock import patch

import numpy as np
from scipy import sparse

from ml.recommendations.declaration import RecommendationsSection
from ml.recommendations.known import Known
from ml.recommendations.methods import ByNeighbours, ByPopularity, ByVectors, by_neighbours, served
from ml.recommendations.ranking import NONE, Vectors

RNG = np.random.default_rng(3)


def test_factors_are_alike_by_their_cosine() -> None:
    products = RNG.normal(size=(9, 4)).astype(np.float32)
    products[8] = 0
    found = ByVectors(Vectors(products[:1], products)).alike(3)

    unit = products[:8] / np.linalg.norm(products[:8], axis=1, keepdims=True)
    cosine = unit @ unit.T - 2 * np.eye(8)
    for product in range(8):
        best = [other for other in np.argsort(-cosine[product]) if cosine[product, other] > 0][:3]
        assert [other for other in found.products[product] if other != NONE] == best
        np.testing.assert_allclose(found.scores[product, : len(best)], cosine[product, best], rtol=1e-5)
    assert not found.found[8].any()


def test_the_cosine_of_vectors_whose_squares_32_bits_do_not_hold_is_that_of_their_directions() -> None:
    products = RNG.normal(size=(6, 4)).astype(np.float32)
    expected = ByVectors(Vectors(products, products)).alike(5)

    shrunk = (products * np.array([[1], [1e-22], [7e-23], [1], [1e-20], [1e-24]])).astype(np.float32)
    found = ByVectors(Vectors(shrunk, shrunk)).alike(5)

    assert (found.products == expected.products).all()
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-5)


def test_neighbours_are_scored_by_the_sum_over_the_users_products_in_blocks_of_any_size() -> None:
    weights, alike = RNG.integers(0, 3, (7, 6)).astype(float), RNG.integers(0, 4, (6, 6)).astype(float)
    method = ByNeighbours(sparse.csr_matrix(weights), sparse.csr_matrix(alike))
    users = np.array([6, 0, 3, 2])
    with patch("ml.recommendations.methods.BLOCK", 3):
        found = method.ranked(users, sparse.csr_matrix((4, 6)), 6)

    scores = weights[users] @ alike
    for user in range(4):
        listed = found.products[user][found.found[user]]
        np.testing.assert_allclose(found.scores[user, : len(listed)], scores[user, listed])
        assert sorted(listed) == np.flatnonzero(scores[user] > 0).tolist()


def test_open_ranks_take_popular_products_that_are_neither_barred_nor_listed() -> None:
    """The first user's method finds product 0 only; product 4, the most popular, is barred. The second is a stranger."""
    known = Known(
        weights=sparse.csr_matrix([[0.0, 1, 0, 0, 0], [0, 0, 0, 0, 0]]),
        barred=sparse.csr_matrix([[0.0, 0, 0, 0, 1], [0, 0, 0, 0, 0]]),
        popularity=np.array([4.0, 1, 2, 3, 9]),
    )
    alike = np.zeros((5, 5))
    alike[1, 0] = 0.5
    method = ByNeighbours(known.weights, sparse.csr_matrix(alike))
    lists = served(method, ByPopularity(known.popularity), known, np.arange(2), 3)

    assert lists.lists.products.tolist() == [[0, 3, 2], [4, 0, 3]]
    assert lists.lists.scores.tolist() == [[0.5, 3, 2], [9, 4, 3]]
    assert lists.filled.tolist() == [[False, True, True], [True, True, True]]


def test_a_product_of_the_user_that_was_not_bought_may_be_recommended() -> None:
    weights = sparse.csr_matrix([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    known = Known(weights, sparse.csr_matrix((2, 3)), np.ones(3))
    found = by_neighbours(known, RecommendationsSection()).ranked(np.array([0]), known.barred[:1], 3)

    assert set(found.products[0].tolist()) == {0, 1, 2}
