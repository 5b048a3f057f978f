"""The methods beside each other on held-out time: trained on the days before a split, judged by what users bought from it on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.recommendations.declaration import RecommendationsSection
from ml.recommendations.evaluation import Score, score
from ml.recommendations.factors import Factorise
from ml.recommendations.history import History
from ml.recommendations.known import known_before
from ml.recommendations.methods import SIMPLEST, served, trainers

RANKS = 10


@dataclass(frozen=True)
class Comparison:
    """What each method reached, the simplest first, for the users who were known before the split and bought something from it on."""

    scores: Mapping[str, Score]
    users: int

    @property
    def best(self) -> str:
        """The greatest NDCG; of equal ones the simplest method, which it also is where nothing could be compared."""
        return max(self.scores, key=lambda name: self.scores[name].ndcg, default=SIMPLEST)

    @property
    def lead(self) -> tuple[float, float]:
        """By how much the best method's NDCG is greater than that of popularity, and the standard error of that over users."""
        ahead = self.scores[self.best].ndcg_of_users - self.scores[SIMPLEST].ndcg_of_users
        return float(ahead.mean()), float(ahead.std(ddof=1) / np.sqrt(len(ahead))) if len(ahead) > 1 else float("nan")

    def figures(self) -> dict[str, dict[str, float]]:
        """Recall, NDCG and coverage of each method, rounded to six decimals."""
        found = {name: (s.recall, s.ndcg, s.coverage) for name, s in self.scores.items()}
        return {name: dict(zip(("recall", "ndcg", "coverage"), map(_rounded, s), strict=True)) for name, s in found.items()}

    def lines(self) -> list[str]:
        """Remarks: the figures beside each other, and which method is taken."""
        if not self.scores:
            return ["recommendations: too little history to compare methods: popularity is taken"]
        figures = [
            f"{name} recall@{RANKS} {s.recall:.4f}, NDCG@{RANKS} {s.ndcg:.4f}, coverage {s.coverage:.1%}"
            for name, s in self.scores.items()
        ]
        return [f"recommendations: what {self.users:,} users bought later: {'; '.join(figures)}", self._verdict()]

    def _verdict(self) -> str:
        if self.best == SIMPLEST:
            return "recommendations: popularity is taken: nothing ranked later purchases better"
        mean, error = self.lead
        doubt = "" if mean > 2 * error else ", which may be chance"
        return (
            f"recommendations: {self.best} is taken: NDCG@{RANKS} {mean:.4f} above popularity (standard error {error:.4f}){doubt}"
        )


def compared(history: History, split: int, declared: RecommendationsSection, factorise: Factorise) -> Comparison:
    """Compare at the start of day `split` (since 1970-01-01, UTC); without test purchases there are no scores."""
    known = known_before(history, split, declared)
    bought = _bought_later(history, split, known.barred)
    users = np.flatnonzero((np.diff(bought.indptr) > 0) & (np.diff(known.weights.indptr) > 0))
    if not len(users):
        return Comparison({}, 0)
    methods = {name: trained(known) for name, trained in trainers(declared, factorise).items()}
    lists = {name: served(m, methods[SIMPLEST], known, users, RANKS).lists.products for name, m in methods.items()}
    products = int((known.popularity > 0).sum())
    return Comparison({name: score(found, bought[users], products) for name, found in lists.items()}, len(users))


def _bought_later(history: History, split: int, barred: Any) -> Any:
    """Users by products: 1 where bought from the split on, and not barred then."""
    later = history.matrix(np.minimum(history.counts["purchases"], 1), ~history.before(split)).sign()
    allowed = (later - later.multiply(barred)).tocsr()
    allowed.eliminate_zeros()
    return allowed


def _rounded(figure: float) -> float:
    return round(figure, 6)
