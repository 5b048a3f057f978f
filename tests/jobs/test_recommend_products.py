"""The job as its user meets it: it reads the published facts, and prints what it found and filled."""

import pytest
from pyspark.sql import SparkSession

from jobs.recommend_products import main
from tests.jobs.whole_runs import Job
from tests.ml.filled import Facts
from tests.ml.recommendations.planted_facts import AS_OF, STRANGER, USERS, published
from tests.stores import store_at


def test_it_fills_its_tables_and_writes_nothing_the_second_time(
    job: Job, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    published(Facts(store_at(str(job.root), spark), AS_OF))
    assert main([]) == 0
    first = capsys.readouterr().out
    assert main([]) == 0
    second = capsys.readouterr().out

    recommended = job.table("gold.recommendations")
    assert set(recommended["user_id"]) == {*USERS, STRANGER}
    assert (recommended.groupby("user_id")["rank"].max() == 10).all()
    assert "recommendations: what " in first
    for name in ("gold.recommendations", "gold.similar_products", "gold.purchase_propensity"):
        assert f"{name:<42} full" in first
        assert f"{name:<42} unchanged" in second


def test_without_a_lakehouse_it_says_what_to_run(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 1
    assert "run `make demo` or jobs.refresh first" in capsys.readouterr().err
