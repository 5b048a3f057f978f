"""Users of whom some come back for what they put into the cart."""

import numpy as np

from tests.ml.recommendations.planted import TODAY, Did, history_of

__all__ = ["TODAY", "history_of", "shoppers"]
# So many days before TODAY it began.
DAYS = 260


def shoppers(users: int = 1200, seed: int = 3) -> list[Did]:
    """Each user views three products on a day; within 20 days 60 % of those that went into the cart are bought, 4 % of the others."""
    rng = np.random.default_rng(seed)
    did: list[Did] = []
    for user in range(users):
        day = int(rng.integers(TODAY - DAYS, TODAY))
        for product in rng.choice(40, 3, replace=False).tolist():
            in_cart = bool(rng.random() < 0.3)
            did.append((f"u{user}", f"p{product}", day, 1 + int(rng.random() < 0.3), int(in_cart), 0))
            later = day + int(rng.integers(1, 21))
            if rng.random() < (0.6 if in_cart else 0.04) and later < TODAY:
                did.append((f"u{user}", f"p{product}", later, 0, 0, 1))
    return did
