"""Labels of users at cutoffs, so many that a given number of rows is trained on: by the product's function, over the same facts.

python -m ml.bench.labelled ROOT ROWS
"""

import sys
from datetime import date
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from libs.engines.opening import opened
from libs.settings.config import load_settings
from ml.bench.features import ENGINE
from ml.bench.shop import CHURN, cutoffs
from ml.features.labels import churn_labels
from ml.features.manifest import Manifest
from ml.gold import churn_features
from ml.gold.churn_labels import TABLE

# Rows to stop by, and rows to test on, as a share of those to train on.
HELD_OUT = 0.2


def chosen(features: DataFrame, rows: int) -> DataFrame:
    """`user_id` and `cutoff` of so many rows of the older cutoffs, and of the share HELD_OUT of it of each of the last two."""
    *older, stop, test = (cutoff.day for cutoff in cutoffs())
    parts = [_some(features, older, rows), *[_some(features, [day], int(rows * HELD_OUT)) for day in (stop, test)]]
    return parts[0].unionByName(parts[1]).unionByName(parts[2])


def _some(features: DataFrame, days: list[date], rows: int) -> DataFrame:
    """Drawn by a hash, so that they are the same in each run."""
    return features.where(F.col("cutoff").isin(days)).orderBy(F.md5("user_id"), "cutoff").limit(rows)


def main(root: Path, rows: int) -> None:
    """Write `gold.churn_labels` below `root`, of rows that are in `gold.churn_features`."""
    store = opened(load_settings().model_copy(update={"lakehouse_root": str(root)}), ENGINE, "bench of labels")
    days = [cutoff.day for cutoff in cutoffs()]
    facts = Manifest.of(store, cutoffs(), CHURN).facts(store)
    judged = chosen(store.read(churn_features.TABLE.name).select("user_id", "cutoff"), rows)
    store.overwrite(TABLE, churn_labels(judged, facts, days, CHURN), {})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
