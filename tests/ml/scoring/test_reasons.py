"""Reasons in words are those that plain Python writes, row by row."""

import numpy as np
import pyarrow as pa

from ml.scoring.reasons import MEANINGS, in_words, strongest
from ml.training.encoding import Encoding

ENCODING = Encoding(["recency_days", "revenue_30", "orders_ever"], {"country": ["Peru", "Spain"]})
ROWS = pa.table(
    {
        "recency_days": [3, 3, None, 1200],
        "revenue_30": [1234.5, 0.0, None, 10.256],
        "orders_ever": [0, 1, 2, 3],
        "country": ["Peru", None, "Chile", "Peru"],
    }
)


def test_each_reason_says_what_it_is_its_value_and_its_way() -> None:
    contributions = np.array(
        [[0.5, -0.4, 0.1, 0.0, 0.3], [-0.1, 0.2, 0.3, 0.0, 0.0], [0.3, -0.2, 0.0, 0.1, 0.0], [0.0, 0.9, 0.0, -0.5, -0.1]]
    )

    words = in_words(ROWS, strongest(contributions, ENCODING), ENCODING)

    def said(name: str, value: str, way: str) -> str:
        return f"{MEANINGS[name]}: {value} ({way} the risk)"

    assert [list(row) for row in zip(*words, strict=True)] == [
        [said("recency_days", "3", "raises"), said("revenue_30", "1,234.5", "lowers"), said("country", "Peru", "raises")],
        [said("orders_ever", "1", "raises"), said("revenue_30", "0", "raises"), said("recency_days", "3", "lowers")],
        [said("recency_days", "none", "raises"), said("revenue_30", "none", "lowers"), said("country", "Chile", "raises")],
        [said("revenue_30", "10.26", "raises"), said("country", "Peru", "lowers"), said("recency_days", "1200", "raises")],
    ]
