"""Training of the churn model on the same rows: by `xgboost.spark` on two local workers, and by XGBoost in one process.

python -m ml.bench.training {workers,process} ROOT OUT
"""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lakehouse.bench.sides import THREADS
from libs.engines.opening import opened
from libs.settings.config import load_settings
from libs.store.published import Published
from ml.bench.shop import cutoffs
from ml.evaluation.calibration import Calibration
from ml.evaluation.figures import auc
from ml.features.manifest import definitions
from ml.gold.churn_features import TEXTS
from ml.registry.artifact import ChurnModel
from ml.training import boosting, distributed
from ml.training.data import Part, Split, split
from ml.training.declaration import NUMBERS, Training
from ml.training.encoding import Encoding

if TYPE_CHECKING:
    import xgboost as xgb

Given = Mapping[str, Any]
TRAINING = Training(workers=THREADS)


def read(root: Path) -> Split:
    """The labelled rows, the last but one cutoff to stop by and the last one to test on."""
    return split(Published(str(root)), [cutoff.day for cutoff in cutoffs()])


def by_workers(root: Path, given: Given, encoding: Encoding) -> tuple["xgb.Booster", dict[str, float]]:
    """The product's training on a cluster's executors, and seconds: of Spark's start, and of reading and training after it."""
    began = time.perf_counter()
    store = opened(load_settings().model_copy(update={"lakehouse_root": str(root)}), "spark", "bench of training")
    store.spark.range(1).count()
    started = time.perf_counter()
    *older, stop, _ = (cutoff.day for cutoff in cutoffs())
    booster = distributed.boosted(given, distributed.frame(store, older, stop, encoding), TRAINING)
    return booster, {"start": started - began, "seconds": time.perf_counter() - started}


def by_process(root: Path, given: Given, encoding: Encoding) -> tuple["xgb.Booster", dict[str, float]]:
    """XGBoost's own interface, and the seconds of reading and training."""
    import xgboost as xgb

    def matrix(part: Part) -> "xgb.DMatrix":
        return xgb.DMatrix(encoding.matrix(part.rows), part.churned, missing=np.nan, nthread=THREADS)

    began = time.perf_counter()
    parts = read(root)
    train, stop = matrix(parts.train), matrix(parts.stop)
    booster = xgb.train(
        {**given, "nthread": THREADS},
        train,
        num_boost_round=TRAINING.rounds,
        evals=[(stop, "stop")],
        early_stopping_rounds=TRAINING.early_stopping_rounds,
        verbose_eval=False,
    )
    return booster[: booster.best_iteration + 1], {"seconds": time.perf_counter() - began}


def main(side: str, root: Path, out: Path) -> None:
    """Save the model of the side in the folder `out`, and print its seconds, rows, trees and AUC on the last cutoff, as JSON."""
    parts = read(root)
    encoding = Encoding.learned(parts.train.rows, NUMBERS, TEXTS)
    given = boosting.parameters(TRAINING.parameters, TRAINING, encoding.names, parts.train.churned)
    booster, seconds = {"workers": by_workers, "process": by_process}[side](root, given, encoding)
    model = ChurnModel(bytes(booster.save_raw("ubj")), encoding, Calibration("none"), definitions())
    found = auc(parts.test.churned, model.probabilities(parts.test.rows), np.ones(len(parts.test)))
    out.mkdir(parents=True)
    model.save(out)
    print(json.dumps({**seconds, "rows": len(parts.train), "trees": booster.num_boosted_rounds(), "auc": found}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
