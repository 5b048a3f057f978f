"""Customers who buy as the models say, for tests that look for what they were made from."""

import numpy as np
from numpy.typing import NDArray

from ml.value import bg_nbd, gamma_gamma

Floats = NDArray[np.float64]


def histories(made: bg_nbd.Parameters, age: Floats, seed: int) -> tuple[Floats, Floats]:
    """Purchases after the first one, and weeks until the last of them, of a customer observed for each `age` in weeks."""
    chance = np.random.default_rng(seed)
    rate = chance.gamma(made.r, 1 / made.alpha, len(age))
    leaving = chance.beta(made.a, made.b, len(age))
    frequency, recency = np.zeros(len(age)), np.zeros(len(age))
    now, active = np.zeros(len(age)), np.arange(len(age))
    while len(active):
        now[active] += chance.exponential(1, len(active)) / np.maximum(rate[active], 1e-300)
        active = active[now[active] <= age[active]]
        frequency[active] += 1
        recency[active] = now[active]
        active = active[chance.random(len(active)) >= leaving[active]]
    return frequency, recency


def spend(made: gamma_gamma.Parameters, purchases: Floats, seed: int) -> Floats:
    """What customers spend in all on so many purchases each."""
    chance = np.random.default_rng(seed)
    scale = chance.gamma(made.q, 1 / made.v, len(purchases))
    return chance.gamma(made.p * purchases) / scale
