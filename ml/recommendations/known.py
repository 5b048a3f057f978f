"""What was known of users and products before a day: what the methods are trained on."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.recommendations.declaration import RecommendationsSection
from ml.recommendations.history import History


@dataclass(frozen=True)
class Known:
    """Sparse matrices of users by products, and a number for each product.

    weights: the interactions by their declared weights. barred: 1 where the product may not be recommended to the user.
    popularity: interactions of all users, those of a user counted by log(1 + weight) after decay, so that no single user decides.
    """

    weights: Any
    barred: Any
    popularity: np.ndarray


def known_before(history: History, day: int, declared: RecommendationsSection) -> Known:
    """What was known at the start of `day` (days since 1970-01-01, UTC)."""
    earlier = history.before(day)
    weight, purchases = history.weight(declared.weights), history.counts["purchases"]
    barred = history.matrix(np.minimum(purchases, 0 if declared.repeat_purchase else 1), earlier)
    decayed = weight * np.exp2(-(day - history.day) / declared.half_life_days)
    popularity = np.asarray(history.matrix(decayed, earlier).log1p().sum(axis=0)).ravel()
    return Known(history.matrix(weight, earlier), barred.sign(), popularity)
