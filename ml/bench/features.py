"""Features of the churn model at every cutoff, computed and published as the product does, by the native engine.

python -m ml.bench.features ROOT
"""

import json
import sys
import time
from pathlib import Path

from libs.engines.opening import opened
from libs.settings.config import load_settings
from ml.bench.shop import CHURN, cutoffs
from ml.features.manifest import Manifest
from ml.gold.churn_features import TABLE

ENGINE = "native"


def main(root: Path) -> None:
    """Write `gold.churn_features` below `root`, and print the seconds of that without the engine's start, as JSON."""
    store = opened(load_settings().model_copy(update={"lakehouse_root": str(root)}), ENGINE, "bench of features")
    began = time.perf_counter()
    rows = Manifest.of(store, cutoffs(), CHURN).features(store)
    store.overwrite(TABLE, rows, {})
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
