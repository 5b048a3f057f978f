"""XGBoost on Spark's workers: the same kind of model as this process trains, as good."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from libs.store.spark_state import setting
from ml.evaluation.figures import auc
from ml.training import boosting, distributed
from ml.training.data import Part
from ml.training.declaration import NUMBERS, Parameters, Training
from ml.training.encoding import Encoding
from tests.ml.training.planted import part

xgb = pytest.importorskip("xgboost")
pytestmark = pytest.mark.only_spark
TRAINING = Training(rounds=150, workers=2)


def frame_of(parts: list[tuple[Part, bool]]) -> pa.Table:
    """The parts with labels, and whether they are stopped by, as `ml.training.distributed.frame` reads them."""
    tables = []
    for rows, is_of_stop in parts:
        table = rows.rows.append_column(distributed.LABEL, pa.array(rows.churned.astype(np.int32)))
        tables.append(table.append_column(distributed.STOPS, pa.array([is_of_stop] * len(rows))))
    return pa.concat_tables(tables)


def test_two_workers_train_as_good_a_model_as_one_process(spark: SparkSession) -> None:
    days = [date(2025, month, 1) for month in (1, 2, 3)]
    train, stop, test = (part(rows, seed, day) for seed, (rows, day) in enumerate(zip((6000, 2000, 4000), days, strict=True)))
    encoding = Encoding.learned(train.rows, NUMBERS, ("country",))
    given = boosting.parameters(Parameters(), TRAINING, encoding.names, train.churned)
    of_train, of_stop = (boosting.Sample(encoding.matrix(of.rows), of.churned) for of in (train, stop))
    rows = spark.createDataFrame(frame_of([(train, False), (stop, True)]))
    encoded = rows.select(encoding.of_frame().alias(distributed.FEATURES), distributed.LABEL, distributed.STOPS)

    # As with many rows, whole batches are of train alone, others of stop: a worker has the rows of older cutoffs first.
    with setting(spark, "spark.sql.execution.arrow.maxRecordsPerBatch", "500"):
        found = distributed.boosted(given, encoded, TRAINING)
    alone = boosting.boosted(given, of_train, of_stop, TRAINING)

    assert found.num_features() == alone.num_features() == len(encoding.names)
    ones, matrix = np.ones(len(test)), encoding.matrix(test.rows)
    aucs = [auc(test.churned, boosting.probability(boosting.margins(model, matrix)), ones) for model in (found, alone)]
    assert abs(aucs[0] - aucs[1]) < 0.005, aucs
    assert min(aucs) > 0.8
    explained = [model.predict(xgb.DMatrix(matrix, missing=np.nan), pred_contribs=True) for model in (found, alone)]
    margins = [boosting.margins(model, matrix) for model in (found, alone)]
    for contributions, margin in zip(explained, margins, strict=True):
        assert contributions.shape == (len(test), len(encoding.names) + 1)
        assert contributions.sum(axis=1) == pytest.approx(margin, abs=1e-3)
