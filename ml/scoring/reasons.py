"""The strongest reasons of a score: SHAP values, summed by feature, in words."""

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
    words = np.empty(reasons.features.shape, object)
    raises = (reasons.contributions >= 0).astype(np.int8)
    for feature in np.unique(reasons.features):
        name, places = encoding.reads[feature], np.nonzero(reasons.features == feature)
        # Many rows share a value: each is written once.
        values = rows[name].combine_chunks().take(pa.array(places[0])).dictionary_encode(null_encoding="encode")
        sentences = np.array([_both_ways(name, value) for value in values.dictionary.to_pylist()], object)
        words[places] = sentences[values.indices.to_numpy(), raises[places]]
    return [list(of_place) for of_place in words.T]


def _both_ways(name: str, value: Any) -> list[str]:
    """The sentence where the value lowers the risk, and where it raises it."""
    return [f"{MEANINGS[name]}: {_shown(value)} ({way} the risk)" for way in ("lowers", "raises")]


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
