"""Users whose leaving follows a planted law."""

from datetime import date

import numpy as np
import pyarrow as pa

from ml.gold.churn_features import FEATURES, TEXTS
from ml.training.data import Part


def part(rows: int, seed: int, day: date) -> Part:
    """Users who leave the likelier the longer they were away, in one country more than in the others; one feature has no value."""
    draw = np.random.default_rng(seed)
    columns: dict[str, pa.Array] = {c.name: pa.array(draw.integers(0, 9, rows)) for c in FEATURES if c.name not in TEXTS}
    recency, country = draw.integers(1, 61, rows), draw.choice(["Peru", "Spain", "Chile"], rows)
    columns |= {"recency_days": pa.array(recency), "average_order_value": pa.nulls(rows, pa.float64())}
    columns |= {name: pa.array([None] * rows, pa.string()) for name in TEXTS} | {"country": pa.array(country)}
    odds = (recency - 25) / 12 + 1.5 * (country == "Peru")
    churned = (draw.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    users = [str(n) for n in range(rows)]
    return Part(pa.table({"user_id": users, "cutoff": [day] * rows, **columns}), churned)
