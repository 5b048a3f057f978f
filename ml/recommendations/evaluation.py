"""How well lists foresaw what users bought later: recall, NDCG and coverage of the first ranks.

Recall of a user: the share of the products bought later that the list has. NDCG (Järvelin and Kekäläinen 2002) with a gain of 1 for
each of them: the sum of 1 / log2(1 + rank) over those listed, by the greatest that so many products could reach. Both are averaged
over users. Coverage: distinct products listed / products known.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.recommendations.ranking import NONE


@dataclass(frozen=True)
class Score:
    """Means over users, 0 to 1, and each user's NDCG."""

    recall: float
    ndcg: float
    coverage: float
    ndcg_of_users: np.ndarray


def score(lists: np.ndarray, bought: Any, known_products: int) -> Score:
    """Judge lists of products (users by ranks, NONE where open) by the sparse `bought` (the same users by products)."""
    ranks = lists.shape[1]
    hits = _hits(lists, bought)
    wanted = np.diff(bought.indptr)
    gains = 1 / np.log2(np.arange(2, ranks + 2))
    ndcg = (hits * gains).sum(axis=1) / np.cumsum(gains)[np.minimum(wanted, ranks) - 1]
    listed = np.unique(lists[lists != NONE])
    return Score(float((hits.sum(axis=1) / wanted).mean()), float(ndcg.mean()), len(listed) / max(known_products, 1), ndcg)


def _hits(lists: np.ndarray, bought: Any) -> np.ndarray:
    """Which entries of the lists were bought."""
    users, products = bought.shape
    buyer = np.repeat(np.arange(users), np.diff(bought.indptr))
    pairs = buyer.astype(np.int64) * products + bought.indices
    listed = np.arange(users)[:, None] * products + lists
    return np.isin(listed, pairs) & (lists != NONE)
