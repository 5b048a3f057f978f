"""The methods that are compared: each is trained on what was known before a day, and ranks products for users."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ml.recommendations.declaration import RecommendationsSection
from ml.recommendations.factors import Factorise
from ml.recommendations.known import Known
from ml.recommendations.neighbours import similarity
from ml.recommendations.ranking import BLOCK, NONE, Ranked, Vectors, blocks, ranked_by_scores, ranked_by_vectors, ranked_for_all

SIMPLEST, NEIGHBOURS, FACTORS = "popularity", "item_to_item", "als"


class Method(Protocol):
    """A trained method."""

    def ranked(self, users: np.ndarray, barred: Any, ranks: int) -> Ranked:
        """Products for the users (positions), none that is `barred`, which has a row for each of them."""


class KnowsProducts(Method, Protocol):
    """One that knows which products are alike."""

    def alike(self, ranks: int) -> Ranked:
        """For each product those most like it, none of them itself."""


@dataclass(frozen=True)
class ByPopularity:
    """The same products for everyone, but for those that are barred."""

    popularity: np.ndarray

    def ranked(self, users: np.ndarray, barred: Any, ranks: int) -> Ranked:
        """See Method."""
        return ranked_for_all(self.popularity, barred, ranks)


@dataclass(frozen=True)
class ByVectors:
    """The inner product of a user's and a product's vector."""

    vectors: Vectors

    def ranked(self, users: np.ndarray, barred: Any, ranks: int) -> Ranked:
        """See Method."""
        return ranked_by_vectors(self.vectors, users, barred, ranks)

    def alike(self, ranks: int) -> Ranked:
        """See KnowsProducts: by the cosine of the products' vectors.

        The search is exact: 100,000 products took 23 seconds of one core, an approximate index (HNSW) with its making 16.
        """
        from scipy import sparse

        # Squares of a rarely bought product's numbers, 1e-23 and less, are below what 32 bits hold.
        products = self.vectors.products.astype(np.float64)
        norms = np.linalg.norm(products, axis=1, keepdims=True)
        unit = (products / np.where(norms > 0, norms, 1)).astype(np.float32)
        themselves = sparse.identity(len(unit), format="csr")
        return ranked_by_vectors(Vectors(unit, unit), np.arange(len(unit)), themselves, ranks)


@dataclass(frozen=True)
class ByNeighbours:
    """The similarities of a product to those of the user, each by what the user's own weighs, summed."""

    weights: Any
    similarity: Any

    def ranked(self, users: np.ndarray, barred: Any, ranks: int) -> Ranked:
        """See Method."""
        parts = [ranked_by_scores(self.weights[users[b]] @ self.similarity, barred[b], ranks) for b in blocks(len(users), BLOCK)]
        return Ranked(np.vstack([part.products for part in parts]), np.vstack([part.scores for part in parts]))

    def alike(self, ranks: int) -> Ranked:
        """See KnowsProducts: by the similarity itself."""
        return ranked_by_scores(self.similarity, self.similarity * 0, ranks)


def by_neighbours(known: Known, declared: RecommendationsSection) -> ByNeighbours:
    """By what products share users with."""
    return ByNeighbours(known.weights.log1p(), similarity(known.weights, declared))


def by_factors(known: Known, declared: RecommendationsSection, factorise: Factorise) -> ByVectors:
    """By factors of users and products."""
    return ByVectors(factorise(known.weights, declared.factors))


def trainers(declared: RecommendationsSection, factorise: Factorise) -> Mapping[str, Callable[[Known], Method]]:
    """Each method by name, the simplest first."""
    return {
        SIMPLEST: lambda known: ByPopularity(known.popularity),
        NEIGHBOURS: lambda known: by_neighbours(known, declared),
        FACTORS: lambda known: by_factors(known, declared, factorise),
    }


@dataclass(frozen=True)
class Served:
    """Whole lists: those of a method, where it leaves ranks open those of popularity, `filled` says which."""

    lists: Ranked
    filled: np.ndarray


def served(method: Method, popular: Method, known: Known, users: np.ndarray, ranks: int) -> Served:
    """The lists of the users (positions) by a method, filled up with popular products that are neither barred nor listed."""
    barred = known.barred[users]
    own = method.ranked(users, barred, ranks)
    short = np.flatnonzero(~own.found.all(axis=1))
    more = popular.ranked(users[short], _also_barred(barred[short], own.products[short]), ranks)
    # Open ranks take the popular ones from the first on.
    products, scores = own.products.copy(), own.scores.copy()
    source = np.arange(ranks)[None, :] - own.found[short].sum(axis=1)[:, None]
    taken = np.maximum(source, 0)
    products[short] = np.where(source < 0, products[short], np.take_along_axis(more.products, taken, axis=1))
    scores[short] = np.where(source < 0, scores[short], np.take_along_axis(more.scores, taken, axis=1))
    return Served(Ranked(products, scores), ~own.found & (products != NONE))


def _also_barred(barred: Any, listed: np.ndarray) -> Any:
    from scipy import sparse

    row, rank = np.nonzero(listed != NONE)
    cells = (np.ones(len(row)), (row, listed[row, rank]))
    return (barred + sparse.csr_matrix(cells, shape=barred.shape)).sign().tocsr()
