"""Methods beside each other on held-out time: the one that foresaw purchases best is taken."""

import numpy as np
import pytest

from ml.recommendations.comparison import Comparison, compared
from ml.recommendations.declaration import Factors, RecommendationsSection
from ml.recommendations.evaluation import Score
from ml.recommendations.factors import on_this_machine
from tests.ml.recommendations.planted import TODAY, Did, clusters, history_of

DECLARED = RecommendationsSection(factors=Factors(number=8))


def comparison(did: list[Did]) -> Comparison:
    return compared(history_of(did), TODAY - 30, DECLARED, on_this_machine)


def test_what_knows_users_beats_popularity_where_users_are_of_kinds() -> None:
    found = comparison(clusters())

    assert found.best != "popularity"
    for name in ("als", "item_to_item"):
        assert found.scores[name].recall > 1.5 * found.scores["popularity"].recall
        assert found.scores[name].coverage > found.scores["popularity"].coverage
    assert found.lines()[1].startswith(f"recommendations: {found.best} is taken: NDCG@10 ")
    assert "chance" not in found.lines()[1]


def test_popularity_is_taken_where_it_ranks_best() -> None:
    """Everyone buys the same product later, whatever they viewed."""
    did = [(f"u{n}", f"p{n % 9}", 20 + n % 40, 1, 0, 0) for n in range(90)]
    did += [(f"v{n}", "hit", 60, 0, 0, 1) for n in range(20)]
    did += [(f"u{n}", "hit", 80, 0, 0, 1) for n in range(90)]
    found = comparison(did)

    assert found.best == "popularity"
    assert found.scores["popularity"].recall == 1
    assert found.lines()[1] == "recommendations: popularity is taken: nothing ranked later purchases better"


def test_what_was_bought_before_the_split_is_not_asked_for_again() -> None:
    did = [("a", "p", 50, 1, 0, 1), ("a", "p", 90, 0, 0, 1), ("a", "q", 90, 0, 0, 1), ("b", "q", 50, 1, 0, 0)]
    found = comparison(did)

    assert found.users == 1
    assert found.scores["popularity"].recall == 1


@pytest.mark.parametrize("did", [[], [("a", "p", 99, 1, 0, 1)], [("a", "p", 50, 1, 0, 1)], [("a", "p", 50, 1, 0, 0)]])
def test_without_purchases_to_foresee_popularity_is_taken_and_said_so(did: list[Did]) -> None:
    found = comparison(did)

    assert (found.best, found.users) == ("popularity", 0)
    assert found.lines() == ["recommendations: too little history to compare methods: popularity is taken"]


def test_a_lead_within_its_noise_is_said_to_be() -> None:
    users = {"popularity": np.array([0.0, 0.0, 1.0, 0.0]), "als": np.array([1.0, 0.0, 0.0, 0.5])}
    found = Comparison({name: Score(0, float(ndcg.mean()), 0, ndcg) for name, ndcg in users.items()}, 4)

    difference = users["als"] - users["popularity"]
    assert found.lead == pytest.approx((difference.mean(), np.sqrt(difference.var(ddof=1) / 4)))
    assert found.lines()[1].endswith(", which may be chance")
