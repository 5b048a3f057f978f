"""Products that share users: the damped cosine of each two, over the weights that users gave them.

With w the log(1 + weight) of users by products, the similarity of i and j is w_i . w_j / sqrt((|w_i|^2 + d) (|w_j|^2 + d)): views,
carts and purchases in common count by their weights, and products of few users are held apart by the damping d.
"""

from typing import Any

import numpy as np

from ml.recommendations.declaration import RecommendationsSection
from ml.recommendations.threads import threads


def similarity(weights: Any, declared: RecommendationsSection) -> Any:
    """A sparse matrix of products by products, at most `neighbours` a row, none of them the product itself."""
    from implicit.nearest_neighbours import all_pairs_knn

    logged = weights.log1p()
    norms = np.sqrt(np.asarray(logged.multiply(logged).sum(axis=0)).ravel() + declared.damping)
    scaled = logged.multiply(1 / np.where(norms > 0, norms, 1)).tocsr()
    scaled.sort_indices()
    # A product's nearest neighbour is often itself.
    near = all_pairs_knn(scaled, declared.neighbours + 1, num_threads=threads(scaled.nnz), show_progress=False)
    others = near.row != near.col
    return _kept((near.data[others], (near.row[others], near.col[others])), near.shape, declared.neighbours)


def _kept(cells: tuple[Any, Any], shape: tuple[int, int], count: int) -> Any:
    """The greatest `count` of each row."""
    from scipy import sparse

    data, (row, column) = cells
    order = np.lexsort((column, -data, row))
    sizes = np.bincount(row, minlength=shape[0])
    rank = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    best = order[(rank < count) & (data[order] > 0)]
    return sparse.csr_matrix((data[best], (row[best], column[best])), shape=shape)
