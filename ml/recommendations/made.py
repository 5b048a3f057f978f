"""From what users did to the rows of both tables: methods are compared on the last days, the best is trained on all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ml.gold import recommendations, similar_products
from ml.recommendations.comparison import Comparison, compared
from ml.recommendations.declaration import RecommendationsSection
from ml.recommendations.factors import Factorise
from ml.recommendations.history import History
from ml.recommendations.known import Known, known_before
from ml.recommendations.methods import (
    FACTORS,
    NEIGHBOURS,
    SIMPLEST,
    ByNeighbours,
    ByPopularity,
    KnowsProducts,
    by_factors,
    by_neighbours,
    served,
)
from ml.recommendations.ranking import NONE, Ranked
from ml.recommendations.reasons import reasons

DIGITS = 6


@dataclass(frozen=True)
class Made:
    """How the methods compared, and the rows of `gold.recommendations` and `gold.similar_products`."""

    comparison: Comparison
    recommended: pa.Table
    similar: pa.Table


def made(history: History, today: int, declared: RecommendationsSection, factorise: Factorise) -> Made:
    """Ranks as of the start of day `today` (since 1970-01-01, UTC)."""
    comparison = compared(history, today - declared.test_days, declared, factorise)
    known, users = known_before(history, today, declared), np.arange(len(history.users))
    knowing, by = _knowing(known, comparison.best, declared, factorise)
    popular = ByPopularity(known.popularity)
    lists = served(popular if comparison.best == SIMPLEST else knowing, popular, known, users, declared.ranks)
    names = np.where(lists.filled, SIMPLEST, comparison.best)
    alike = knowing.alike(declared.similar)
    recommended = _rows(recommendations.TABLE.column_names[:-1], history.users, history.products, lists.lists, names)
    reason = _reasons(knowing, np.where(lists.filled, NONE, lists.lists.products), comparison.best)[lists.lists.found]
    of_products = history.products.take(pa.array(reason, mask=reason == NONE))
    return Made(
        comparison,
        recommended.append_column(recommendations.TABLE.column_names[-1], of_products),
        _rows(similar_products.TABLE.column_names, history.products, history.products, alike, np.full(alike.products.shape, by)),
    )


def _knowing(known: Known, best: str, declared: RecommendationsSection, factorise: Factorise) -> tuple[KnowsProducts, str]:
    """What tells which products are alike, and its name: factors where they rank best, else the users that products share."""
    if best == FACTORS:
        return by_factors(known, declared, factorise), FACTORS
    return by_neighbours(known, declared), NEIGHBOURS


def _reasons(knowing: KnowsProducts, products: np.ndarray, best: str) -> np.ndarray:
    if best == NEIGHBOURS and isinstance(knowing, ByNeighbours):
        return reasons(knowing, products)
    return np.full(products.shape, NONE)


def _rows(columns: Sequence[str], owners: pa.Array, products: pa.Array, lists: Ranked, methods: np.ndarray) -> pa.Table:
    """Owner, rank, product, score and method of each entry of the lists."""
    owner, rank = np.nonzero(lists.found)
    values = [
        owners.take(pa.array(owner)),
        pa.array(rank + 1, pa.int32()),
        products.take(pa.array(lists.products[lists.found])),
        pa.array(_rounded(lists.scores[lists.found])),
        pa.array(methods[lists.found], pa.string()),
    ]
    return pa.table(dict(zip(columns, values, strict=True)))


def _rounded(scores: np.ndarray) -> np.ndarray:
    """Positive scores with DIGITS significant digits: the last bits of a sum say nothing, and would be new rows."""
    scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(scores)))
    return np.round(scores * scale) / scale
