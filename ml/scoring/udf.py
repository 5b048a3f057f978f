"""The champion as a function over Arrow batches, which both engines call where the rows are."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema

from ml.gold.churn_scores import HIGH, MEDIUM, REASONS, TABLE
from ml.registry.artifact import ChurnModel
from ml.scoring.reasons import in_words, strongest

if TYPE_CHECKING:
    import xgboost as xgb

Batches = Iterator[pa.RecordBatch]


def scored(features: DataFrame, model: ChurnModel, version: str, scored_at: datetime) -> DataFrame:
    """The rows of `gold.churn_scores` of rows of `gold.churn_features` at one cutoff."""
    read = features.select("user_id", *model.encoding.reads)
    return read.mapInArrow(_scoring(model, version, scored_at, to_arrow_schema(TABLE.schema, timezone="UTC")), TABLE.schema)


def _scoring(model: ChurnModel, version: str, scored_at: datetime, schema: pa.Schema) -> Callable[[Batches], Batches]:
    def score(batches: Batches) -> Batches:
        booster = None
        for batch in batches:
            if batch.num_rows:
                booster = booster or model.loaded()
                yield from scores(pa.Table.from_batches([batch]), model, booster, version, scored_at, schema).to_batches()

    return score


def scores(
    rows: pa.Table, model: ChurnModel, booster: "xgb.Booster", version: str, scored_at: datetime, schema: pa.Schema
) -> pa.Table:
    """The rows of `gold.churn_scores`, in Arrow, by the loaded booster of the model."""
    import xgboost as xgb

    matrix = model.encoding.matrix(rows)
    contributions = booster.predict(xgb.DMatrix(matrix, missing=np.nan, nthread=1), pred_contribs=True)
    base, own = contributions[:, -1].astype(np.float64), contributions[:, :-1]
    reasons = strongest(own, model.encoding)
    margin = booster.inplace_predict(matrix, predict_type="margin", missing=np.nan).astype(np.float64)
    probability = model.calibration(margin)
    words = in_words(rows, reasons, model.encoding)
    columns = {
        "user_id": rows["user_id"],
        "scored_at": pa.repeat(pa.scalar(scored_at, schema.field("scored_at").type), rows.num_rows),
        "churn_probability": probability,
        "risk_band": np.select([probability >= HIGH, probability >= MEDIUM], ["high", "medium"], "low"),
        "model_version": pa.repeat(version, rows.num_rows),
        **{f"reason_{n}": words[n - 1] for n in REASONS},
        **{f"contribution_{n}": reasons.contributions[:, n - 1] for n in REASONS},
        "other_contributions": reasons.others,
        "base_margin": base,
        "margin": margin,
    }
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)
