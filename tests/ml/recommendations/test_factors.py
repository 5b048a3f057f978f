"""Factors find planted kinds of users on this machine and on Spark, and are the same for the same rows."""

from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from ml.recommendations.comparison import compared
from ml.recommendations.declaration import Factors, RecommendationsSection
from ml.recommendations.factors import on_spark, on_this_machine
from ml.recommendations.known import known_before
from ml.recommendations.threads import ALL, ONE, threads
from tests.ml.recommendations.planted import TODAY, clusters, history_of

DECLARED = RecommendationsSection(factors=Factors(number=8))
HISTORY = history_of(clusters())


@pytest.mark.only_spark
def test_both_implementations_foresee_as_much(spark: SparkSession, tmp_path: Path) -> None:
    found = [
        compared(HISTORY, TODAY - 30, DECLARED, factorise).scores
        for factorise in (on_this_machine, on_spark(spark, str(tmp_path)))
    ]
    here, there = (scores["als"] for scores in found)

    assert min(here.recall, there.recall) > 1.5 * found[0]["popularity"].recall
    assert here.recall == pytest.approx(there.recall, rel=0.15)
    assert here.ndcg == pytest.approx(there.ndcg, rel=0.2)


def test_neither_threads_nor_the_order_of_rows_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = known_before(HISTORY, TODAY, DECLARED).weights
    once = on_this_machine(weights, DECLARED.factors)

    assert threads(weights.nnz) == ONE
    monkeypatch.setattr("ml.recommendations.threads.FEW_CELLS", 0)
    assert threads(weights.nnz) == ALL
    again = on_this_machine(known_before(history_of(reversed(clusters())), TODAY, DECLARED).weights, DECLARED.factors)

    np.testing.assert_array_equal(once.users, again.users)
    np.testing.assert_array_equal(once.products, again.products)


def test_users_and_products_without_interactions_have_no_direction() -> None:
    history = history_of([("a", "p", 1, 1, 0, 0), ("a", "q", 5, 1, 0, 0)], ["b"])
    vectors = on_this_machine(known_before(history, 2, DECLARED).weights, DECLARED.factors)

    assert vectors.users.any(axis=1).tolist() == [True, False]
    assert vectors.products.any(axis=1).tolist() == [True, False]
