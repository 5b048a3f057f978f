"""Parameters chosen by hyperopt: TPE (Bergstra et al. 2011) in this process, or its trials side by side on Spark's executors."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ml.training.declaration import Parameters

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Loss = Callable[[Parameters], float]


class Tuner(Protocol):
    """Finds parameters with a small loss."""

    def best(self, loss: Loss, start: Parameters, trials: int, seed: int) -> Parameters:
        """The parameters of the smallest loss among `start` and so many others; `start` where that is none."""


class Local:
    """One trial after the other, in this process."""

    def best(self, loss: Loss, start: Parameters, trials: int, seed: int) -> Parameters:
        """See Tuner."""
        from hyperopt import Trials

        return _best(loss, start, trials, seed, Trials())


class OnExecutors:
    """Trials side by side, each on an executor of classic Spark: `loss` and all that it uses are sent there."""

    def __init__(self, spark: "SparkSession", parallelism: int) -> None:
        """With so many trials at once."""
        self._spark, self._parallelism = spark, parallelism

    def best(self, loss: Loss, start: Parameters, trials: int, seed: int) -> Parameters:
        """See Tuner."""
        from hyperopt import SparkTrials

        return _best(loss, start, trials, seed, SparkTrials(self._parallelism, spark_session=self._spark))


def _best(loss: Loss, start: Parameters, trials: int, seed: int, kept: Any) -> Parameters:
    if not trials:
        return start
    from hyperopt import fmin, tpe

    def tried(values: dict[str, float]) -> float:
        return loss(_parameters(values))

    found = fmin(
        tried,
        _space(),
        algo=tpe.suggest,
        max_evals=trials,
        trials=kept,
        rstate=np.random.default_rng(seed),
        show_progressbar=False,
    )
    best = _parameters(found)
    return best if min(kept.losses()) < loss(start) else start


def _space() -> dict[str, Any]:
    from hyperopt import hp

    return {
        "max_depth": hp.quniform("max_depth", 2, 7, 1),
        "learning_rate": hp.loguniform("learning_rate", np.log(0.03), np.log(0.25)),
        "min_child_weight": hp.loguniform("min_child_weight", np.log(1), np.log(60)),
        "subsample": hp.uniform("subsample", 0.6, 1.0),
        "colsample_bytree": hp.uniform("colsample_bytree", 0.4, 1.0),
        "reg_lambda": hp.loguniform("reg_lambda", np.log(0.5), np.log(20)),
        "gamma": hp.loguniform("gamma", np.log(0.001), np.log(3)),
    }


def _parameters(values: dict[str, float]) -> Parameters:
    return Parameters.model_validate({**values, "max_depth": round(values["max_depth"])})
