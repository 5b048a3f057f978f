"""Probabilities that come true: fitted on held-out users, judged on others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.figures import Labels, Probabilities, log_loss

Kind = Literal["none", "platt", "isotonic"]
FOLDS = 5


@dataclass(frozen=True)
class Calibration:
    """From the model's probability to the calibrated one, linear between `points` (given, calibrated) of log-odds.

    none: as it is; platt (Platt 1999): a line over the log-odds; isotonic (Zadrozny and Elkan 2002): steps that only rise.
    """

    kind: Kind
    points: Sequence[tuple[float, float]] = ()

    def __call__(self, margins: NDArray[Any]) -> Probabilities:
        """Calibrated probabilities of log-odds."""
        given = margins.astype(np.float64)
        if self.kind == "platt":
            (slope, intercept), *_ = self.points
            given = slope * given + intercept
        if self.kind == "isotonic":
            xs, ys = np.array(self.points).T
            return np.interp(given, xs, ys)
        return 1 / (1 + np.exp(-given))

    def packed(self) -> dict[str, Any]:
        """As JSON values."""
        return {"kind": self.kind, "points": [list(point) for point in self.points]}

    @classmethod
    def unpacked(cls, values: Mapping[str, Any]) -> "Calibration":
        """What `packed` returned."""
        return cls(values["kind"], tuple((float(x), float(y)) for x, y in values["points"]))


def calibrated(margins: NDArray[Any], labels: Labels, seed: int) -> Calibration:
    """The calibration that describes held-out users best, by log loss over folds; none unless another one is better."""
    folds = np.random.default_rng(seed).permutation(len(labels)) % FOLDS
    kinds: tuple[Kind, ...] = ("none", "platt", "isotonic")
    losses = {kind: _held_out_loss(kind, margins, labels, folds) for kind in kinds}
    best = min(kinds, key=lambda kind: losses[kind])
    return fitted(best, margins, labels)


def fitted(kind: Kind, margins: NDArray[Any], labels: Labels) -> Calibration:
    """A calibration of that kind."""
    if kind == "platt":
        return Calibration(kind, (_line(margins, labels),))
    return Calibration(kind, _steps(margins, labels)) if kind == "isotonic" else Calibration(kind)


def _held_out_loss(kind: Kind, margins: NDArray[Any], labels: Labels, folds: NDArray[np.int64]) -> float:
    found = np.empty(len(labels))
    for fold in range(FOLDS):
        others = folds != fold
        if len(np.unique(labels[others])) < 2:
            return float("inf")
        found[~others] = fitted(kind, margins[others], labels[others])(margins[~others])
    return log_loss(labels, found, np.ones(len(labels)))


def _line(margins: NDArray[Any], labels: Labels) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6).fit(margins.reshape(-1, 1), labels)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _steps(margins: NDArray[Any], labels: Labels) -> tuple[tuple[float, float], ...]:
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(y_min=1 / (len(labels) + 2), y_max=1 - 1 / (len(labels) + 2), out_of_bounds="clip")
    model.fit(margins.astype(np.float64), labels)
    return tuple(zip(model.X_thresholds_.tolist(), model.y_thresholds_.tolist(), strict=True))


@dataclass(frozen=True)
class Bin:
    """Users of similar probability: how many, the mean probability, the share that left."""

    users: int
    predicted: float
    observed: float


@dataclass(frozen=True)
class Reliability:
    """Bins of as many users each, the expected calibration error over them, and the error that chance alone would give.

    error: mean over users of |observed - predicted| by bin. by_chance: its mean where every probability is exactly right.
    """

    bins: Sequence[Bin]
    error: float
    by_chance: float


def reliability(labels: Labels, scores: Probabilities, bins: int = 10, seed: int = 0, draws: int = 200) -> Reliability:
    """The bins of users ordered by probability; of few users there are fewer bins."""
    order = np.argsort(scores, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    found = [Bin(len(part), float(scores[part].mean()), float(labels[part].mean())) for part in parts]
    drawn = np.random.default_rng(seed).random((draws, len(labels))) < scores
    by_chance = float(np.mean([_error(parts, row, scores) for row in drawn]))
    return Reliability(found, _error(parts, labels, scores), by_chance)


def _error(parts: Sequence[NDArray[np.int64]], labels: NDArray[Any], scores: Probabilities) -> float:
    gaps = [abs(float(labels[part].mean() - scores[part].mean())) * len(part) for part in parts]
    return sum(gaps) / sum(len(part) for part in parts)
