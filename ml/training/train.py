"""A whole training: features and labels, models, evaluation, MLflow. The new version is challenger, and champion where there is none."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from libs.settings.config import Settings
from ml.declared import declared
from ml.evaluation.published import publish_evaluation
from ml.evaluation.report import MODEL, Evaluation, evaluated
from ml.features.fill import fill_training
from ml.registry.tracking import tracked
from ml.registry.versions import CHAMPION, number_of, promote
from ml.tables import Tables
from ml.training.data import split
from ml.training.declaration import Training
from ml.training.fitting import Booster, Samples, fitted
from ml.training.tuning import Local, Tuner

if TYPE_CHECKING:
    from ml.features.manifest import Manifest


@dataclass(frozen=True)
class Trained:
    """The registered version, its run, whether it became champion, and how good it is."""

    version: str
    run_id: str
    is_champion: bool
    evaluation: Evaluation


def train(tables: Tables, settings: Settings) -> Trained:
    """Train and register a version. Raises InputError, one line, where data or MLflow do not allow it; nothing is registered then.

    The first version becomes champion: there is nothing to compare it with.
    """
    said = declared(settings)
    churn, training, offer = said.churn, said.training, said.offer
    with tracked(settings) as client:
        manifest = fill_training(tables, churn)
        parts = split(tables.store, [cutoff.day for cutoff in manifest.cutoffs])
        samples = Samples.of(parts, training)
        found = fitted(parts, samples, training, manifest, *_by(tables, settings, samples, manifest, training))
        evaluation = evaluated(parts, samples, found, training, offer)
        # It imports MLflow, which has to be set up before.
        from ml.registry.logged import logged

        version, run_id = logged(client, parts, found, evaluation, offer)
        is_first = number_of(client, CHAMPION) is None
        if is_first:
            promote(client, version)
    publish_evaluation(tables, version, parts.test, evaluation)
    auc = evaluation.figures[MODEL]["roc_auc"]
    tables.say(
        f"churn_prediction version {version}: AUC {auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f}) on {evaluation.users:,} users"
    )
    return Trained(version, run_id, is_first, evaluation)


def _by(
    tables: Tables, settings: Settings, samples: Samples, manifest: "Manifest", training: Training
) -> tuple[Tuner, Booster | None]:
    """On a cluster its executors tune and train, elsewhere this process."""
    from libs.engines.spark_conf import is_local

    if tables.store.engine != "spark" or is_local(settings):
        return Local(), None
    from ml.training import distributed
    from ml.training.tuning import OnExecutors

    *older, stop, _ = sorted(cutoff.day for cutoff in manifest.cutoffs)
    rows = distributed.frame(tables.store, older, stop, samples.encoding)
    tuner = OnExecutors(tables.store.spark, training.workers)
    return tuner, lambda given: distributed.boosted(given, rows, training)
