"""Which users an offer is worth making to, and what comes of it at a threshold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.figures import Labels, Probabilities, from_each_score
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
    thresholds, taken, left = from_each_score(labels, scores)
    gains = left * offer.value * offer.winback - taken * offer.cost
    best = int(np.argmax(gains))
    return float(thresholds[best]) if gains[best] > 0 else 1.1


def confusion(labels: Labels, scores: Probabilities, threshold: float, offer: Offer) -> Confusion:
    """What the threshold gives."""
    taken, left = scores >= threshold, labels == 1
    kept, wasted, lost, stayed = (int((a & b).sum()) for a, b in ((taken, left), (taken, ~left), (~taken, left), (~taken, ~left)))
    value = kept * offer.value * offer.winback - (kept + wasted) * offer.cost
    return Confusion(threshold, kept, wasted, lost, stayed, value)
