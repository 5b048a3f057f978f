"""Both tables, filled from published facts."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from ml.gold import recommendations, similar_products
from ml.recommendations.declaration import Factors, RecommendationsSection
from ml.recommendations.filling import fill
from ml.recommendations.reading import read_history
from tests.ml.filled import Facts
from tests.ml.recommendations.planted_facts import AS_OF, STRANGER, USERS, published
from tests.stores import store_at

DECLARED = RecommendationsSection(ranks=3, similar=2, factors=Factors(number=4, iterations=3))


@pytest.fixture
def facts(spark: SparkSession, tmp_path: Path) -> Facts:
    return Facts(store_at(str(tmp_path), spark), AS_OF)


@pytest.mark.both_engines
def test_every_user_has_ranks_and_nothing_is_written_where_nothing_changed(facts: Facts) -> None:
    published(facts)
    said: list[str] = []
    with facts.filling(said) as tables:
        fill(tables, *read_history(tables), DECLARED)
        first = [outcome.mode for outcome in tables.outcomes]
        fill(tables, *read_history(tables), DECLARED)

    assert first == ["full", "full"]
    assert [outcome.mode for outcome in tables.outcomes[2:]] == ["unchanged", "unchanged"]
    ranks = [(user, rank) for user, rank, *_ in facts.rows(recommendations.TABLE)]
    assert ranks == sorted((user, rank) for user in [*USERS, STRANGER] for rank in (1, 2, 3))
    assert {row[4] for row in facts.rows(recommendations.TABLE) if row[0] == STRANGER} == {"popularity"}
    assert len(facts.rows(similar_products.TABLE)) == 24 * 2
    state = facts.store.last_commit("gold.recommendations").state
    assert state is not None
    assert set(state["compared"]) == {"popularity", "item_to_item", "als"}
    assert state["test_from"] == "2024-05-02"
    assert state["method"] in said[1]


def test_without_facts_both_tables_are_empty_and_it_is_said_why(facts: Facts) -> None:
    facts.publish({})
    said: list[str] = []
    with facts.filling(said) as tables:
        fill(tables, *read_history(tables), DECLARED)

    assert (facts.rows(recommendations.TABLE), facts.rows(similar_products.TABLE)) == ([], [])
    assert said == ["recommendations: nobody who is identified has viewed or bought a product yet: there are none"]
