"""XGBoost on this machine, through its own interface, without a JVM."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ml.training.declaration import Parameters, Training
from ml.training.encoding import Matrix

if TYPE_CHECKING:
    import xgboost as xgb

# With fewer rows a second thread costs more than it does, and where the machine is busy very much more.
ROWS_A_THREAD = 100_000
Labels = NDArray[np.int8]
Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """A matrix with its labels, and weights where rows do not count alike."""

    matrix: Matrix
    labels: Labels
    weights: NDArray[np.float32] | None = None


def parameters(chosen: Parameters, training: Training, names: Sequence[str], labels: Labels) -> dict[str, Any]:
    """XGBoost's parameters, the same for its own interface and for Spark's. `names` are those of the matrix's columns."""
    monotone = tuple(training.monotone.get(name, 0) for name in names)
    balanced = training.class_weight == "balanced"
    return {
        **chosen.model_dump(),
        "objective": "binary:logistic",
        "eval_metric": "logloss",
        "tree_method": "hist",
        "monotone_constraints": f"({','.join(map(str, monotone))})",
        "scale_pos_weight": float((labels == 0).sum() / max((labels == 1).sum(), 1)) if balanced else 1.0,
        "seed": training.seed,
    }


def boosted(given: Mapping[str, Any], train: Sample, stop: Sample, training: Training) -> "xgb.Booster":
    """A model of `train` that has the number of trees that is best on `stop`."""
    import xgboost as xgb

    of_train, of_stop = (_matrix(sample) for sample in (train, stop))
    model = xgb.train(
        {**given, "nthread": threads_for(len(train.labels))},
        of_train,
        num_boost_round=training.rounds,
        evals=[(of_stop, "stop")],
        early_stopping_rounds=training.early_stopping_rounds,
        verbose_eval=False,
    )
    best: xgb.Booster = model[: model.best_iteration + 1]
    return best


def threads_for(rows: int) -> int:
    """How many threads so many rows are worth."""
    return max(1, min(os.cpu_count() or 1, rows // ROWS_A_THREAD))


def margins(model: "xgb.Booster", matrix: Matrix) -> NDArray[np.float32]:
    """The model's log-odds of each row, before calibration."""
    model.set_param({"nthread": threads_for(len(matrix))})
    found: NDArray[np.float32] = model.inplace_predict(matrix, predict_type="margin", missing=np.nan)
    return found


def probability(margin: NDArray[Any]) -> Probabilities:
    """The probability of log-odds."""
    return 1 / (1 + np.exp(-margin.astype(np.float64)))


def _matrix(sample: Sample) -> "xgb.DMatrix":
    import xgboost as xgb

    return xgb.DMatrix(sample.matrix, sample.labels, weight=sample.weights, missing=np.nan)
