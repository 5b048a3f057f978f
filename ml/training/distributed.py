"""XGBoost on Spark's executors (`xgboost.spark`, in barrier mode), for classic Spark alone."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from libs.store.port import Store
from ml.gold import churn_features, churn_labels
from ml.training.declaration import Training
from ml.training.encoding import Encoding

if TYPE_CHECKING:
    import xgboost as xgb

FEATURES, LABEL, STOPS = "features", "churned", "is_of_stop"


def frame(store: Store, train: Sequence[date], stop: date, encoding: Encoding) -> DataFrame:
    """The rows that are trained on and stopped by, as `features`, `churned` and `is_of_stop`; they never pass the driver."""
    features = store.read(churn_features.TABLE.name).where(F.col("cutoff").isin([*train, stop]))
    # Encoded before the join, which moves less then.
    encoded = features.select("user_id", "cutoff", encoding.of_frame().alias(FEATURES))
    labels = store.read(churn_labels.TABLE.name).select("user_id", "cutoff", LABEL)
    joined = encoded.join(labels, on=["user_id", "cutoff"], how="inner")
    return joined.select(FEATURES, LABEL, (F.col("cutoff") == F.lit(stop)).alias(STOPS))


def boosted(given: Mapping[str, Any], rows: DataFrame, training: Training) -> "xgb.Booster":
    """The same kind of model as `ml.training.boosting.boosted` gives, trained by the declared number of workers on rows of `frame`."""
    from xgboost.spark import SparkXGBClassifier

    own = {name: value for name, value in given.items() if name not in ("objective", "seed")}
    classifier = SparkXGBClassifier(
        **own,
        # Of a column for each feature xgboost.spark fails at the first batch that has no row to train on, or none to stop by.
        features_col=FEATURES,
        label_col=LABEL,
        validation_indicator_col=STOPS,
        num_workers=training.workers,
        n_estimators=training.rounds,
        early_stopping_rounds=training.early_stopping_rounds,
        random_state=training.seed,
        missing=float("nan"),
    )
    # It computes them three times: to count their parts, to count the classes, and to train.
    kept = rows.repartition(training.workers).persist()
    try:
        model: xgb.Booster = classifier.fit(kept).get_booster()
    finally:
        kept.unpersist()
    best: xgb.Booster = model[: model.best_iteration + 1]
    # Of matrices without names of columns, which all others here are, it would explain nothing.
    best.feature_names = best.feature_types = None
    return best
