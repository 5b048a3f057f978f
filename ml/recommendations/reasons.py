"""Why a product is recommended by those that share users with it: the user's product that adds most to its score."""

import numpy as np

from ml.recommendations.methods import ByNeighbours
from ml.recommendations.ranking import NONE

# Products of users by recommended ones that are looked at together.
CELLS = 2_000_000


def reasons(method: ByNeighbours, products: np.ndarray) -> np.ndarray:
    """Positions of products: for each entry of lists of all users (NONE where open) the reason, NONE for an open one.

    Of several that add as much it is the one of the lower position.
    """
    user, rank = np.nonzero(products != NONE)
    found = np.full(products.shape, NONE)
    sizes = np.diff(method.weights.indptr)[user]
    ends = np.cumsum(sizes)
    for part in np.split(np.arange(len(user)), np.searchsorted(ends, np.arange(CELLS, ends[-1] if len(ends) else 0, CELLS))):
        if len(part):
            found[user[part], rank[part]] = _of(method, user[part], products[user[part], rank[part]], sizes[part])
    return found


def _of(method: ByNeighbours, user: np.ndarray, product: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Of entries by user and product, each of whose users has as many products as `sizes` says, at least one."""
    entry = np.repeat(np.arange(len(user)), sizes)
    first = np.cumsum(sizes) - sizes
    place = method.weights.indptr[user][entry] + np.arange(len(entry)) - first[entry]
    own = method.weights.indices[place]
    adds = method.weights.data[place] * np.asarray(method.similarity[own, product[entry]]).ravel()
    greatest = np.maximum.reduceat(adds, first)
    is_reason = np.flatnonzero(adds == greatest[entry])
    _, at = np.unique(entry[is_reason], return_index=True)
    return own[is_reason[at]]
