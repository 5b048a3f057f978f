"""Ranked lists of products for users: the best by dense factors or by sparse scores, without those that are barred."""

from dataclasses import dataclass
from typing import Any

import numpy as np

NONE = -1
# Users whose sparse scores are held at once, and cells of dense ones.
BLOCK = 20_000
CELLS = 4_000_000


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


def blocks(count: int, size: int) -> list[slice]:
    """Slices of `size` that make up `count`; an empty one where there is none."""
    return [slice(first, first + size) for first in range(0, max(count, 1), size)]


def ranked_for_all(scores: np.ndarray, barred: Any, ranks: int) -> Ranked:
    """The best `ranks` of one score a product, the same for all users, of whom `barred` has a row each; ties as above."""
    most_barred = int(np.diff(barred.indptr).max(initial=0))
    best = np.argsort(-scores, kind="stable")[: ranks + most_barred]
    at_once = max(CELLS // max(len(best), 1), 1)
    parts = [_first_allowed(best, barred[block], ranks) for block in blocks(barred.shape[0], at_once)]
    products = np.vstack(parts)
    return _positive(products, np.where(products == NONE, 0.0, scores[products] if len(scores) else 0.0))


def _first_allowed(best: np.ndarray, barred: Any, ranks: int) -> np.ndarray:
    """Of the products in their order, the first `ranks` that are not barred."""
    allowed = barred[:, best].toarray() == 0
    rank = np.cumsum(allowed, axis=1) - 1
    user, place = np.nonzero(allowed & (rank < ranks))
    products = np.full((len(allowed), ranks), NONE)
    products[user, rank[user, place]] = best[place]
    return products


def _positive(products: np.ndarray, scores: np.ndarray) -> Ranked:
    return Ranked(np.where(scores > 0, products, NONE), np.where(scores > 0, scores, 0.0))
