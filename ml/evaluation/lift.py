"""Lift and gain: how many of those who left are among the users with the highest scores."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.evaluation.figures import Labels, Probabilities

TENTHS = 10


@dataclass(frozen=True)
class Decile:
    """A tenth of the users by score, the highest first.

    gain: the share of all who left in it and those above; lift: how many times more of this tenth left than of all users.
    """

    number: int
    users: int
    churned: int
    mean_score: float
    lift: float
    gain: float


def deciles(labels: Labels, scores: Probabilities) -> Sequence[Decile]:
    """Ten parts of the users, which may differ by one; of fewer than ten users as many parts."""
    order = np.argsort(-scores, kind="stable")
    parts = [part for part in np.array_split(order, TENTHS) if len(part)]
    total, rate, found = int(labels.sum()), float(labels.mean()), 0
    rows = []
    for number, part in enumerate(parts, 1):
        churned = int(labels[part].sum())
        found += churned
        lift, gain = churned / len(part) / rate, found / total
        rows.append(Decile(number, len(part), churned, float(scores[part].mean()), lift, gain))
    return rows
