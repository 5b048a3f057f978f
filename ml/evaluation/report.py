"""Everything that is said of a trained model on its test users, as one object that plots, card, tables and MLflow are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.calibration import Reliability, reliability
from ml.evaluation.comparison import large_segments
from ml.evaluation.decision import Confusion, best_threshold, confusion
from ml.evaluation.figures import Figure, Labels, Probabilities, auc, figures, interval, resampled
from ml.evaluation.lift import Decile, deciles
from ml.training.data import Split
from ml.training.declaration import Offer, Training
from ml.training.fitting import Fitted, Samples

MODEL = "xgboost"


@dataclass(frozen=True)
class Segment:
    """A large segment of the test users: how many, the share that left, and the model's AUC."""

    users: int
    churned: float
    auc: Figure


@dataclass(frozen=True)
class Explained:
    """SHAP values of test users: (users, features), log-odds; their features; names; ordered features by mean size."""

    values: NDArray[np.float32]
    matrix: NDArray[np.float32]
    names: Sequence[str]

    @property
    def importance(self) -> list[tuple[str, float]]:
        """Mean size of each feature's values, the greatest first."""
        sizes = np.abs(self.values).mean(axis=0)
        return sorted(zip(self.names, sizes.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))


@dataclass(frozen=True)
class Evaluation:
    """How good the model and what it is compared with are, on the users of the last cutoff."""

    users: int
    churned: float
    figures: Mapping[str, Mapping[str, Figure]]
    reliability: Reliability
    deciles: Sequence[Decile]
    confusion: Confusion
    segments: Mapping[str, Segment]
    explained: Explained
    labels: Labels
    probabilities: Mapping[str, Probabilities]

    def metrics(self) -> dict[str, float]:
        """As MLflow's metrics."""
        found = {"test_users": float(self.users), "test_churned": self.churned}
        for model, of_model in self.figures.items():
            prefix = "test" if model == MODEL else model
            for name, figure in of_model.items():
                found |= {
                    f"{prefix}_{name}": figure.value,
                    f"{prefix}_{name}_low": figure.low,
                    f"{prefix}_{name}_high": figure.high,
                }
        found |= {"calibration_error": self.reliability.error, "calibration_error_by_chance": self.reliability.by_chance}
        return found | {"threshold": self.confusion.threshold, "value_at_threshold": self.confusion.value}


def evaluated(parts: Split, samples: Samples, fitted: Fitted, training: Training, offer: Offer) -> Evaluation:
    """The model on the test users; its threshold is chosen on those of the cutoff before."""
    labels, model = parts.test.churned, fitted.model
    scores = fitted.probabilities[MODEL]
    threshold = best_threshold(parts.stop.churned, model.of_matrix(samples.stop.matrix), offer)
    return Evaluation(
        users=len(labels),
        churned=float(labels.mean()),
        figures={name: figures(labels, found, training.resamples, training.seed) for name, found in fitted.probabilities.items()},
        reliability=reliability(labels, scores, seed=training.seed),
        deciles=deciles(labels, scores),
        confusion=confusion(labels, scores, threshold, offer),
        segments=_segments(parts, labels, scores, training),
        explained=explained(fitted, samples.test.matrix),
        labels=labels,
        probabilities=fitted.probabilities,
    )


def explained(fitted: Fitted, matrix: NDArray[np.float32]) -> Explained:
    """SHAP values of the rows (Lundberg et al. 2020), by XGBoost's own algorithm."""
    import xgboost as xgb

    found = fitted.model.loaded().predict(xgb.DMatrix(matrix, missing=np.nan), pred_contribs=True)
    return Explained(found[:, :-1], matrix, fitted.model.encoding.names)


def _segments(parts: Split, labels: Labels, scores: Probabilities, training: Training) -> dict[str, Segment]:
    draws = resampled(len(labels), training.resamples, training.seed)
    found = {}
    for name, of in large_segments(parts.test.rows).items():
        value = auc(labels[of], scores[of], np.ones(int(of.sum())))
        low, high = interval(np.array([auc(labels[of], scores[of], weights[of]) for weights in draws]))
        found[name] = Segment(int(of.sum()), float(labels[of].mean()), Figure(value, low, high))
    return found


def packed(figure: Figure) -> dict[str, Any]:
    """As JSON values."""
    return {"value": figure.value, "low": figure.low, "high": figure.high}
