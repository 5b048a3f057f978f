"""Shows that models can be made here: trains a small one on the executors, registers it, and scores with it in executors.

Exit status: 0 done, 1 failed, 2 wrong usage.
"""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from jobs.entry import leave, run_job
from libs.errors import InputError
from libs.packages.optional import require
from libs.settings.config import Settings, load_settings

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

NAME, ALIAS = "smoke", "champion"
FEATURES = ("a", "b", "c")
ROWS = 4000
WORKERS = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="smoke_model", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.parse_args(arguments)
    return run_job("smoke_model", lambda: _smoke(load_settings()))


def _smoke(settings: Settings) -> int:
    if settings.mlflow_uri is None:
        raise InputError(f"profile {settings.profile} has no mlflow_uri: run it with PROFILE=cluster")
    require("mlflow", "ml", "a model")
    import mlflow

    from libs.engines.spark import session

    mlflow.set_tracking_uri(settings.mlflow_uri)
    mlflow.set_experiment(NAME)
    spark = session(settings, "smoke_model")
    rows = _rows(spark).cache()
    results = _registered(rows)
    results |= _scored(spark, rows)
    print(json.dumps(results))
    return 0


def _rows(spark: "SparkSession") -> "DataFrame":
    """Three features, of which two decide the label."""
    from pyspark.sql import functions as F

    numbers = spark.range(ROWS, numPartitions=WORKERS)
    features = numbers.select("id", *(F.rand(seed).alias(name) for seed, name in enumerate(FEATURES)))
    return features.withColumn("label", (F.col("a") + F.col("b") > 1).cast("int"))


def _registered(rows: "DataFrame") -> dict[str, Any]:
    """Train on the executors, log to the server, register, and name the version by the alias."""
    import mlflow
    from xgboost.spark import SparkXGBClassifier

    classifier = SparkXGBClassifier(
        num_workers=WORKERS, features_col=list(FEATURES), label_col="label", n_estimators=20, max_depth=3
    )
    trained = classifier.fit(rows)
    with mlflow.start_run() as run:
        info = mlflow.xgboost.log_model(trained.get_booster(), name="model", registered_model_name=NAME, model_format="ubj")
    mlflow.MlflowClient().set_registered_model_alias(NAME, ALIAS, str(info.registered_model_version))
    return {"run_id": run.info.run_id, "version": info.registered_model_version}


def _scored(spark: "SparkSession", rows: "DataFrame") -> dict[str, Any]:
    """Score with the registered model; returns how often it is right, and in how many executors it was done."""
    import mlflow
    from pyspark.sql import functions as F

    score = mlflow.pyfunc.spark_udf(spark, f"models:/{NAME}@{ALIAS}", result_type="double", env_manager="local")
    scored = rows.select("label", score(F.struct(*FEATURES)).alias("score"))
    right = scored.where((F.col("score") > 0.5) == (F.col("label") == 1)).count()
    executors = scored.select("score").mapInPandas(_executor, "executor long").distinct().count()
    return {"accuracy": right / rows.count(), "executors": executors}


def _executor(frames: "Iterator[pd.DataFrame]") -> "Iterator[pd.DataFrame]":
    """Each executor has one process that its Python workers come from."""
    import pandas as pd

    for _ in frames:
        yield pd.DataFrame({"executor": [os.getppid()]})


if __name__ == "__main__":
    leave(main())
