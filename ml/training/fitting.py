"""The model and what it is compared with, fitted on the same users."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ml.drift.reference import reference
from ml.evaluation.calibration import calibrated
from ml.evaluation.figures import Probabilities, log_loss
from ml.features.manifest import Manifest
from ml.gold.churn_features import TEXTS
from ml.registry.artifact import ChurnModel
from ml.training import baselines, boosting
from ml.training.boosting import Sample
from ml.training.data import Part, Split
from ml.training.declaration import NUMBERS, Parameters, Training
from ml.training.encoding import Encoding
from ml.training.resampling import with_synthetic
from ml.training.tuning import Tuner

if TYPE_CHECKING:
    import xgboost as xgb

RECENCY = "recency_days"
# How a booster is made of XGBoost's parameters: on this machine, or on a cluster.
Booster = Callable[[Mapping[str, Any]], "xgb.Booster"]


@dataclass(frozen=True)
class Samples:
    """The parts as matrices of one encoding. `train` may have synthetic rows, `original` never."""

    encoding: Encoding
    train: Sample
    original: Sample
    stop: Sample
    test: Sample

    @classmethod
    def of(cls, parts: Split, training: Training) -> "Samples":
        """Encoded as what is trained on says."""
        encoding = Encoding.learned(parts.train.rows, NUMBERS, TEXTS)
        original, stop, test = (_sample(part, encoding) for part in (parts.train, parts.stop, parts.test))
        train = with_synthetic(original, training.seed) if training.resampling == "smote" else original
        return cls(encoding, train, original, stop, test)


@dataclass(frozen=True)
class Fitted:
    """The calibrated model, the parameters it was made by, and the test users' probabilities by each model."""

    model: ChurnModel
    parameters: Parameters
    probabilities: Mapping[str, Probabilities]


def fitted(
    parts: Split, samples: Samples, training: Training, manifest: Manifest, tuner: Tuner, distributed: Booster | None = None
) -> Fitted:
    """Tune, train, calibrate; then what it is compared with. `distributed` makes the final booster where it is given."""
    chosen = tuner.best(_loss(samples, training), training.parameters, training.trials, training.seed)
    given = boosting.parameters(chosen, training, samples.encoding.names, samples.train.labels)
    booster = distributed(given) if distributed else boosting.boosted(given, samples.train, samples.stop, training)
    model = _model(booster, parts, samples, training, manifest, chosen)
    probabilities = {"xgboost": model.of_matrix(samples.test.matrix), **_baselines(samples)}
    if training.compare_smote:
        probabilities |= {"xgboost_smote": _with_smote(given, samples, training)}
    return Fitted(model, chosen, probabilities)


def _loss(samples: Samples, training: Training) -> Callable[[Parameters], float]:
    def loss(tried: Parameters) -> float:
        given = boosting.parameters(tried, training, samples.encoding.names, samples.train.labels)
        margins = boosting.margins(boosting.boosted(given, samples.train, samples.stop, training), samples.stop.matrix)
        return log_loss(samples.stop.labels, boosting.probability(margins), np.ones(len(margins)))

    return loss


def _model(
    booster: "xgb.Booster", parts: Split, samples: Samples, training: Training, manifest: Manifest, chosen: Parameters
) -> ChurnModel:
    calibration = calibrated(boosting.margins(booster, samples.stop.matrix), samples.stop.labels, training.seed)
    said = {
        "manifest": manifest.packed(),
        "parameters": chosen.model_dump(),
        "training": training.model_dump(mode="json"),
        "trees": booster.num_boosted_rounds(),
    }
    model = ChurnModel(bytes(booster.save_raw("ubj")), samples.encoding, calibration, manifest.definitions, said)
    newest = pa.concat_tables([parts.stop.rows, parts.test.rows])
    scores = model.of_matrix(np.concatenate([samples.stop.matrix, samples.test.matrix]))
    return replace(model, said={**said, "reference": reference(newest, scores, samples.encoding)})


def _baselines(samples: Samples) -> dict[str, Probabilities]:
    train, test = samples.original, samples.test
    logistic = baselines.logistic(train.matrix, train.labels)
    place = [samples.encoding.names.index(RECENCY)]
    recency = baselines.logistic(train.matrix[:, place], train.labels)
    return {
        "logistic_regression": baselines.probabilities(logistic, test.matrix),
        "recency": baselines.probabilities(recency, test.matrix[:, place]),
    }


def _with_smote(given: Mapping[str, Any], samples: Samples, training: Training) -> Probabilities:
    """The test users by the same parameters on rows with synthetic ones, not calibrated: what the option itself does."""
    booster = boosting.boosted(given, with_synthetic(samples.original, training.seed), samples.stop, training)
    return boosting.probability(boosting.margins(booster, samples.test.matrix))


def _sample(part: Part, encoding: Encoding) -> Sample:
    return Sample(encoding.matrix(part.rows), part.churned)
