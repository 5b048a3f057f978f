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
    """Counts by bin: of a number between `edges`, of a text by `values` and then all others; the last bin is that of no value.

    A user may have several rows, one a cutoff, which are alike. independent_rows: so many rows of as many users would say as much.
    """

    counts: Counts
    independent_rows: float
    edges: Sequence[float] = ()
    values: Sequence[str] | None = None

    @classmethod
    def of(cls, column: pa.ChunkedArray, users: pa.ChunkedArray) -> "Histogram":
        """The reference's own, of rows of these users: bins of about as many rows each; a number of few values has a bin for each."""
        edges, values = _edges(column), _values(column)
        places = _places(column, edges, values)
        counts = np.bincount(places, minlength=_bins(edges, values))
        return cls(counts, _independent(places, counts, users), edges, values)

    def counted(self, column: pa.ChunkedArray) -> Counts:
        """The counts of other rows in the same bins."""
        return np.bincount(_places(column, self.edges, self.values), minlength=_bins(self.edges, self.values))

    def packed(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "counts": self.counts.tolist(),
            "independent_rows": self.independent_rows,
            "edges": list(self.edges),
            "values": None if self.values is None else list(self.values),
        }

    @classmethod
    def unpacked(cls, values: Mapping[str, Any]) -> "Histogram":
        """What `packed` returned. Models of before have no `independent_rows`: two cutoffs are worth one of them at least."""
        counts = np.array(values["counts"], np.int64)
        return cls(counts, values.get("independent_rows", counts.sum() / 2), values["edges"], values["values"])


def _edges(column: pa.ChunkedArray) -> list[float]:
    if _is_text(column):
        return []
    known = _numbers(column.drop_null())
    return np.unique(np.quantile(known, np.arange(1, BINS) / BINS, method="higher")).tolist() if len(known) else []


def _values(column: pa.ChunkedArray) -> list[str] | None:
    if not _is_text(column):
        return None
    counted = sorted((-c["counts"], c["values"]) for c in pc.value_counts(column.drop_null()).to_pylist())
    return [value for _, value in counted[:MOST_VALUES]]


def _bins(edges: Sequence[float], values: Sequence[str] | None) -> int:
    return len(edges if values is None else values) + 2


def _places(column: pa.ChunkedArray, edges: Sequence[float], values: Sequence[str] | None) -> NDArray[np.int64]:
    """The bin of each row. That of a number holds its upper edge."""
    nowhere = _bins(edges, values) - 1
    if values is None:
        places = np.searchsorted(np.array(edges), _numbers(column), side="left")
    else:
        places = pc.fill_null(pc.index_in(column, pa.array(values, column.type)), nowhere - 1).to_numpy().astype(np.int64)
    return np.where(column.is_null().to_numpy(), nowhere, places)


def _independent(places: NDArray[np.int64], counts: Counts, users: pa.ChunkedArray) -> float:
    """The rows by the mean design effect of the bins (Rao and Scott 1981), users being the clusters; never more than there are.

    With y rows of a user in a bin, n of the user in all, N of all users, and p the bin's share, the variance of p is the sum over
    users of (y - np)^2 / N^2, where N independent rows would have p(1 - p) / N. What the ratio of both is on average over K bins,
    weighted by 1 - p, is (sum of y^2 / p - sum of n^2) / (N (K - 1)).
    """
    rows, used = len(places), int((counts > 0).sum())
    if used < 2:
        return float(rows)
    user = pc.rank(users, tiebreaker="dense").to_numpy().astype(np.int64)
    pairs, alike = np.unique(user * len(counts) + places, return_counts=True)
    in_bins = float((alike**2 * rows / counts[pairs % len(counts)]).sum())
    effect = (in_bins - float((np.bincount(user) ** 2).sum())) / (rows * (used - 1))
    return rows / max(effect, 1.0)


def _is_text(column: pa.ChunkedArray) -> bool:
    return pa.types.is_string(column.type) or pa.types.is_large_string(column.type)


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return column.cast(pa.float64()).to_numpy() if len(column) else np.empty(0)
