"""Which users an offer is worth making to, and what comes of it at a threshold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.figures import Labels, Probabilities
from ml.training.declaration import Offer


@dataclass(frozen=True)
class Confusion:
    """What a threshold gives: users at or above it that left or stayed, and those below it. Value is in the currency of the offer."""

    threshold: float
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    value: float


def expected_value(scores: Probabilities, offer: Offer) -> NDArray[np.float64]:
    """P(churn) x value x winback - cost, by user."""
    return scores * offer.value * offer.winback - offer.cost


def best_threshold(labels: Labels, scores: Probabilities, offer: Offer) -> float:
    """The score from which on an offer to everybody brought most, on users whose outcome is known; above 1 where none paid."""
    order = np.argsort(-scores, kind="stable")
    gains = np.cumsum(labels[order] * offer.value * offer.winback - offer.cost)
    # Users of one score are taken or left together.
    is_last = np.append(np.diff(scores[order]) != 0, True)
    candidates = np.flatnonzero(is_last)
    best = candidates[int(np.argmax(gains[candidates]))]
    return float(scores[order][best]) if gains[best] > 0 else 1.1


def confusion(labels: Labels, scores: Probabilities, threshold: float, offer: Offer) -> Confusion:
    """What the threshold gives."""
    taken, left = scores >= threshold, labels == 1
    kept, wasted, lost, stayed = (int((a & b).sum()) for a, b in ((taken, left), (taken, ~left), (~taken, left), (~taken, ~left)))
    value = kept * offer.value * offer.winback - (kept + wasted) * offer.cost
    return Confusion(threshold, kept, wasted, lost, stayed, value)
