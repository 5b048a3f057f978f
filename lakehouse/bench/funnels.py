"""Funnels of this project, over all days together: how many actors reached each step, each counted once with its deepest chain.

ClickHouse's windowFunnel computes the same (`lakehouse.bench.clickhouse`). The rest of `gold.funnel_daily`, by day and
breakdown and with the time to convert, has no peer.

python -m lakehouse.bench.funnels ROOT
"""

import json
import sys
import time
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.funnels.chains import Days
from lakehouse.funnels.declaration import Funnels
from lakehouse.funnels.entrants import entrants
from libs.engines.choice import chosen
from libs.engines.opening import opened
from libs.settings.config import load_settings

EVENTS = "silver.events"
STEPS = [
    {"name": "viewed", "event_type": "view", "where": "product_id is not null"},
    {"name": "in_cart", "event_type": "add_to_cart"},
    {"name": "bought", "event_type": "purchase"},
]
FUNNELS = Funnels.model_validate(
    {
        "funnels": [
            {"name": "week", "unit": "user", "window": "7d", "steps": STEPS},
            {"name": "month", "unit": "user", "window": "30d", "steps": STEPS},
            {"name": "session", "unit": "session", "window": "24h", "steps": STEPS},
        ]
    }
)
ALL_DAYS = Days(-1_000_000, 1_000_000)


def reached(events: DataFrame) -> dict[str, list[int]]:
    """For each funnel how many actors reached each of its steps, with the rules of `lakehouse.funnels`."""
    found = entrants(events, FUNNELS, ALL_DAYS)
    steps = [F.count(F.col("elapsed")[step]).alias(f"step_{step}") for step in range(len(STEPS))]
    rows = {row["funnel"]: list(row)[1:] for row in found.groupBy("funnel").agg(*steps).collect()}
    return {funnel.name: rows.get(number, [0] * len(STEPS)) for number, funnel in enumerate(FUNNELS.funnels)}


def main(root: Path) -> None:
    """Print the counts for the lakehouse at `root` and their duration in seconds without the engine's start, as JSON."""
    settings = load_settings().model_copy(update={"lakehouse_root": str(root)})
    events = opened(settings, chosen(settings, lambda: 0).engine, "bench of funnels").read(EVENTS)
    began = time.perf_counter()
    counts = reached(events)
    print(json.dumps({"seconds": time.perf_counter() - began, "counts": counts}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
