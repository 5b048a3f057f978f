"""Scores of the same rows: by the product's transform on an engine, and by XGBoost in one process.

With reasons, as they are published, SHAP values are computed beside the margins; without, margins alone. Both sides read the rows
from the table's files and end with scores in memory.

python -m ml.bench.scoring {native,spark,process} {reasons,margins} ROOT MODEL OUT
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.bench.sides import THREADS
from libs.engines.opening import opened
from libs.settings.config import load_settings
from libs.store.published import Published
from ml.bench.shop import END, cutoffs
from ml.gold.churn_features import TABLE
from ml.registry.artifact import ChurnModel
from ml.scoring.udf import scored

# The rows of so many cutoffs, the last ones, are scored.
SCORED = 4
FIRST = cutoffs()[-SCORED].day
KEY, MARGIN = "user_id", "margin"


def by_engine(engine: str, root: Path, model: ChurnModel, with_reasons: bool) -> tuple[pa.Table, dict[str, float]]:
    """The scores, and the seconds of them without the start of the engine and of what scores."""
    store = opened(load_settings().model_copy(update={"lakehouse_root": str(root)}), engine, "bench of scoring")
    features = store.read(TABLE.name).where(F.col("cutoff") >= F.lit(FIRST))

    def scores(rows: DataFrame) -> DataFrame:
        return scored(rows, model, "1", END) if with_reasons else _margins(rows, model)

    # The processes that score import XGBoost, which takes seconds, with their first rows.
    scores(features.limit(THREADS).repartition(THREADS)).toArrow()
    began = time.perf_counter()
    found = scores(features).toArrow()
    return found, {"seconds": time.perf_counter() - began}


def _margins(features: DataFrame, model: ChurnModel) -> DataFrame:
    """Margins by user, with what the product's transform scores by and without its reasons."""

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        booster = model.loaded()
        for batch in batches:
            matrix = model.encoding.matrix(pa.Table.from_batches([batch]))
            margins = booster.inplace_predict(matrix, predict_type="margin", missing=np.nan)
            yield pa.record_batch({KEY: batch[KEY], MARGIN: pa.array(margins, pa.float64())})

    return features.select(KEY, *model.encoding.reads).mapInArrow(score, f"{KEY} string, {MARGIN} double")


def by_process(root: Path, model: ChurnModel, with_reasons: bool) -> tuple[pa.Table, dict[str, float]]:
    """The scores, the seconds of them, and those of XGBoost's prediction alone, once the matrix is in memory."""
    import xgboost as xgb

    booster = model.loaded()
    booster.set_param({"nthread": THREADS})
    pa.set_cpu_count(THREADS)
    began = time.perf_counter()
    rows = Published(str(root)).arrow(TABLE.name).to_table([KEY, *model.encoding.reads], filter=pc.field("cutoff") >= FIRST)
    matrix = model.encoding.matrix(rows)
    read = time.perf_counter()
    margins = booster.inplace_predict(matrix, predict_type="margin", missing=np.nan)
    if with_reasons:
        booster.predict(xgb.DMatrix(matrix, missing=np.nan, nthread=THREADS), pred_contribs=True)
    ended = time.perf_counter()
    found = pa.table({KEY: rows[KEY], MARGIN: pa.array(margins, pa.float64())})
    return found, {"seconds": ended - began, "prediction": ended - read}


def main(side: str, what: str, root: Path, folder: Path, out: Path) -> None:
    """Write the margins to the file `out`, and print the seconds, as JSON."""
    model, with_reasons = ChurnModel.load(folder), what == "reasons"
    by_side = by_process(root, model, with_reasons) if side == "process" else by_engine(side, root, model, with_reasons)
    rows, seconds = by_side
    pq.write_table(rows.select([KEY, MARGIN]), out)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(Path, sys.argv[3:]))
