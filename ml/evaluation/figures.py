"""How well probabilities separate and describe who left, each figure with the interval of a bootstrap over users."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int8]
Probabilities = NDArray[np.float64]
Weights = NDArray[np.float64]
CERTAIN = 1e-12


@dataclass(frozen=True)
class Figure:
    """A figure with the 2.5 % and 97.5 % quantiles of its bootstrap."""

    value: float
    low: float
    high: float


def auc(labels: Labels, scores: Probabilities, weights: Weights) -> float:
    """Area under the ROC curve: how often who left is scored above who stayed, ties by half; NaN where one of them is missing."""
    order = np.argsort(scores, kind="stable")
    of_left, of_stayed = (weights * (labels == label) for label in (1, 0))
    _, group = np.unique(scores[order], return_inverse=True)
    left, stayed = (np.bincount(group, of[order]) for of in (of_left, of_stayed))
    below = np.cumsum(stayed) - stayed
    pairs = left.sum() * stayed.sum()
    return float(left @ (below + stayed / 2) / pairs) if pairs else float("nan")


def average_precision(labels: Labels, scores: Probabilities, weights: Weights) -> float:
    """The precision at every threshold, weighed by how much recall it adds."""
    _, group = np.unique(-scores, return_inverse=True)
    left, all_of = np.bincount(group, weights * labels), np.bincount(group, weights)
    found, taken = np.cumsum(left), np.cumsum(all_of)
    precision = np.divide(found, taken, out=np.zeros_like(found), where=taken > 0)
    return float(left @ precision / found[-1]) if found[-1] else float("nan")


def log_loss(labels: Labels, scores: Probabilities, weights: Weights) -> float:
    """The mean of minus the logarithm of the probability of what happened, in nats."""
    sure = np.clip(scores, CERTAIN, 1 - CERTAIN)
    return float(np.average(-np.where(labels == 1, np.log(sure), np.log1p(-sure)), weights=weights))


def brier(labels: Labels, scores: Probabilities, weights: Weights) -> float:
    """The mean squared difference of probability and outcome (Brier 1950)."""
    return float(np.average((scores - labels) ** 2, weights=weights))


FIGURES: Mapping[str, Callable[[Labels, Probabilities, Weights], float]] = {
    "roc_auc": auc,
    "average_precision": average_precision,
    "log_loss": log_loss,
    "brier": brier,
}


def from_each_score(labels: NDArray[Any], scores: Probabilities) -> tuple[Probabilities, NDArray[np.int64], NDArray[np.int64]]:
    """The distinct scores, greatest first; how many rows have at least each, and how many of these have label 1.

    Rows of one score are taken together: none of them can be told from the others.
    """
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    return scores[order][last], last + 1, np.cumsum(labels[order].astype(np.int64))[last]


def figures(labels: Labels, scores: Probabilities, resamples: int, seed: int) -> dict[str, Figure]:
    """Every figure of FIGURES with its interval."""
    draws = resampled(len(labels), resamples, seed)
    return {name: _with_interval(of, labels, scores, draws) for name, of in FIGURES.items()}


def resampled(rows: int, resamples: int, seed: int) -> Weights:
    """How often each row is drawn in each resample, (resamples, rows)."""
    return np.random.default_rng(seed).multinomial(rows, np.full(rows, 1 / rows), resamples).astype(np.float64)


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The 2.5 % and 97.5 % quantiles."""
    known = values[~np.isnan(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def _with_interval(
    of: Callable[[Labels, Probabilities, Weights], float], labels: Labels, scores: Probabilities, draws: Weights
) -> Figure:
    value = of(labels, scores, np.ones(len(labels)))
    return Figure(value, *interval(np.array([of(labels, scores, weights) for weights in draws])))
