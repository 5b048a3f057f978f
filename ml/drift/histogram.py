"""Histograms whose bins are fixed on the reference: kept with the model, counted again in one pass over later users."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Counts = NDArray[np.int64]
BINS = 10
# A text's most frequent values have a bin each.
MOST_VALUES = 20


@dataclass(frozen=True)
class Histogram:
    """Counts by bin: of a number between `edges`, of a text by `values` and then all others; the last bin is that of no value."""

    counts: Counts
    edges: Sequence[float] = ()
    values: Sequence[str] | None = None

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> "Histogram":
        """The reference's own: bins of about as many rows each; a number of few values has a bin for each."""
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            counted = sorted((-c["counts"], c["values"]) for c in pc.value_counts(column.drop_null()).to_pylist())
            values = [value for _, value in counted[:MOST_VALUES]]
            return cls(_of_texts(column, values), values=values)
        known = _numbers(column.drop_null())
        edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS, method="higher")).tolist() if len(known) else []
        return cls(_of_numbers(column, edges), edges)

    def counted(self, column: pa.ChunkedArray) -> Counts:
        """The counts of other rows in the same bins."""
        return _of_numbers(column, self.edges) if self.values is None else _of_texts(column, self.values)

    def packed(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "counts": self.counts.tolist(),
            "edges": list(self.edges),
            "values": None if self.values is None else list(self.values),
        }

    @classmethod
    def unpacked(cls, values: Mapping[str, Any]) -> "Histogram":
        """What `packed` returned."""
        return cls(np.array(values["counts"], np.int64), values["edges"], values["values"])


def _of_numbers(column: pa.ChunkedArray, edges: Sequence[float]) -> Counts:
    """A bin holds its upper edge."""
    known = _numbers(column.drop_null())
    places = np.searchsorted(np.array(edges), known, side="left")
    return np.append(np.bincount(places, minlength=len(edges) + 1), len(column) - len(known))


def _of_texts(column: pa.ChunkedArray, values: Sequence[str]) -> Counts:
    by_value = {c["values"]: c["counts"] for c in pc.value_counts(column.drop_null()).to_pylist()}
    own = [by_value.pop(value, 0) for value in values]
    return np.array([*own, sum(by_value.values()), column.null_count], np.int64)


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return column.cast(pa.float64()).to_numpy() if len(column) else np.empty(0)
