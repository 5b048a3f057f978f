"""The strongest reasons of a score: SHAP values, summed by feature, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.gold.churn_features import FEATURES
from ml.gold.churn_scores import REASONS
from ml.training.encoding import Encoding

MEANINGS = {column.name: column.description.split(",")[0].split(";")[0] for column in FEATURES}


@dataclass(frozen=True)
class Reasons:
    """Of each row: the features of the strongest contributions, these, and the sum of all others. Shapes (rows, 3) and (rows,)."""

    features: NDArray[np.int64]
    contributions: NDArray[np.float64]
    others: NDArray[np.float64]


def strongest(contributions: NDArray[Any], encoding: Encoding) -> Reasons:
    """Of SHAP values (rows, columns of the matrix), summed over the columns of one feature; ties by the order of features."""
    sums = by_feature(contributions, encoding)
    places = np.argsort(-np.abs(sums), axis=1, kind="stable")[:, : len(REASONS)]
    taken = np.take_along_axis(sums, places, axis=1)
    return Reasons(places, taken, sums.sum(axis=1) - taken.sum(axis=1))


def by_feature(contributions: NDArray[Any], encoding: Encoding) -> NDArray[np.float64]:
    """SHAP values summed over the columns of one feature: (rows, features of `encoding.reads`)."""
    numbers = len(encoding.numbers)
    widths = [len(values) for values in encoding.values.values()]
    ends = numbers + np.cumsum(widths, dtype=np.int64)
    texts = [contributions[:, end - width : end].sum(axis=1) for end, width in zip(ends, widths, strict=True)]
    return np.column_stack([contributions[:, :numbers].astype(np.float64), *texts])


def in_words(rows: pa.Table, reasons: Reasons, encoding: Encoding) -> list[list[str]]:
    """A sentence for each of the strongest reasons, a list a place: what the feature is, its value, which way it moves the score."""
    values = [rows[name].to_pylist() for name in encoding.reads]
    signs = reasons.contributions >= 0
    return [_sentences(encoding.reads, values, reasons.features[:, n], signs[:, n]) for n in range(reasons.features.shape[1])]


def _sentences(
    names: Sequence[str], values: Sequence[list[Any]], features: NDArray[np.int64], raises: NDArray[np.bool_]
) -> list[str]:
    return [
        f"{MEANINGS[names[feature]]}: {_shown(values[feature][row])} ({'raises' if rises else 'lowers'} the risk)"
        for row, (feature, rises) in enumerate(zip(features.tolist(), raises.tolist(), strict=True))
    ]


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
