"""Ranked lists of products for users: the best by dense factors or by sparse scores, without those that are barred."""

from dataclasses import dataclass
from typing import Any

import numpy as np

NONE = -1
# Users whose sparse scores are held at once.
BLOCK = 20_000


@dataclass(frozen=True)
class Ranked:
    """One row per user, the best first: `products` by position, NONE where the list is shorter, and their `scores` (above 0)."""

    products: np.ndarray
    scores: np.ndarray

    @property
    def found(self) -> np.ndarray:
        """Which ranks have a product."""
        return self.products != NONE


@dataclass(frozen=True)
class Vectors:
    """Dense float32 vectors of users and of products; the score of a pair is their inner product."""

    users: np.ndarray
    products: np.ndarray


def ranked_by_vectors(vectors: Vectors, users: np.ndarray, barred: Any, ranks: int) -> Ranked:
    """The exact best `ranks` products of the `users` (positions); `barred` has a row for each of them."""
    from implicit.cpu.topk import topk
    from threadpoolctl import threadpool_limits

    count = min(ranks, len(vectors.products))
    products, scores = np.full((len(users), ranks), NONE), np.zeros((len(users), ranks))
    if count and len(users):
        # One thread of the linear algebra for each of the search's own: sums then do not depend on how many there are.
        with threadpool_limits(1, "blas"):
            found = topk(vectors.products, vectors.users[users], count, filter_query_items=barred)
        products[:, :count], scores[:, :count] = found
    return _positive(products, scores)


def ranked_by_scores(scores: Any, barred: Any, ranks: int) -> Ranked:
    """The best `ranks` of sparse scores (users by products); of equal ones the product of the lower position comes first."""
    allowed = scores - scores.multiply(barred)
    allowed.eliminate_zeros()
    allowed.sort_indices()
    user = np.repeat(np.arange(allowed.shape[0]), np.diff(allowed.indptr))
    order = np.lexsort((allowed.indices, -allowed.data, user))
    rank = np.arange(len(order)) - allowed.indptr[user]
    best = rank < ranks
    products, best_scores = np.full((allowed.shape[0], ranks), NONE), np.zeros((allowed.shape[0], ranks))
    products[user[best], rank[best]] = allowed.indices[order[best]]
    best_scores[user[best], rank[best]] = allowed.data[order[best]]
    return _positive(products, best_scores)


def _positive(products: np.ndarray, scores: np.ndarray) -> Ranked:
    return Ranked(np.where(scores > 0, products, NONE), np.where(scores > 0, scores, 0.0))
