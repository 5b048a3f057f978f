"""What was known before a day: weights, what may not be recommended, and popularity."""

from math import log1p

import pytest

from ml.recommendations.declaration import RecommendationsSection
from ml.recommendations.known import Known, known_before
from tests.ml.recommendations.planted import history_of

DID = [
    ("a", "p", 10, 2, 1, 0),
    ("a", "p", 20, 0, 0, 1),
    ("b", "p", 20, 1, 0, 0),
    ("b", "q", 30, 1, 0, 3),
]


def known(day: int, **declared: object) -> Known:
    return known_before(history_of(DID, ["c"]), day, RecommendationsSection.model_validate({"half_life_days": 10, **declared}))


def test_interactions_count_by_their_weights_and_only_before_the_day() -> None:
    assert known(30).weights.toarray().tolist() == [[2 + 3 + 5, 0], [1, 0], [0, 0]]
    assert known(31).weights.toarray().tolist() == [[10, 0], [1, 1 + 3 * 5], [0, 0]]


def test_what_was_bought_may_not_be_recommended_unless_repeats_are_declared() -> None:
    assert known(31).barred.toarray().tolist() == [[1, 0], [0, 1], [0, 0]]
    assert known(20).barred.toarray().tolist() == [[0, 0], [0, 0], [0, 0]]
    assert known(31, repeat_purchase=True).barred.nnz == 0


def test_popularity_decays_by_half_and_damps_what_a_single_user_does() -> None:
    popularity = known(30).popularity

    assert popularity.tolist() == pytest.approx([log1p(5 / 4 + 5 / 2) + log1p(1 / 2), 0])
