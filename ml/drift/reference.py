"""The histograms of what a model was made on: its features and its scores, on the users of the two newest cutoffs."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from ml.drift.histogram import Histogram
from ml.training.encoding import Encoding

SCORE = "churn_probability"


def reference(rows: pa.Table, scores: Any, encoding: Encoding) -> dict[str, Any]:
    """A histogram by name, as JSON values: of each column that the model reads, and of the scores. A user has a row each cutoff."""
    columns = {name: rows[name] for name in encoding.reads} | {SCORE: pa.chunked_array([pa.array(scores)])}
    return {name: Histogram.of(column, rows["user_id"]).packed() for name, column in columns.items()}


def unpacked(packed: Mapping[str, Any]) -> dict[str, Histogram]:
    """The histograms."""
    return {name: Histogram.unpacked(values) for name, values in packed.items()}
