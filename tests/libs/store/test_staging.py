"""Staged rows are computed once, counted on the way, and let go of."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from libs.store.spark_staging import SparkStaging

pytestmark = pytest.mark.only_spark


def test_kept_rows_are_computed_once_and_let_go_of(spark: SparkSession) -> None:
    with SparkStaging() as staging:
        staged = staging.keep(spark.range(10).selectExpr("id", "uuid() as token"), even="count_if(id % 2 = 0)", most="max(id)")
        assert (staged.count, staged.figure("even"), staged.figure("most")) == (10, 5, 9)
        first = staged.arrow().sort_by("id")
        assert first.equals(staged.arrow().sort_by("id"))
        assert staged.rows.where("id < 3").count() == 3
        assert staged.rows.is_cached
    assert not staged.rows.is_cached


def test_no_rows_have_figures_of_zero(spark: SparkSession) -> None:
    with SparkStaging() as staging:
        staged = staging.keep(spark.range(0), most="max(id)")
        assert (staged.count, staged.figure("most")) == (0, 0)


def test_passing_rows_are_counted_by_what_is_made_of_them(spark: SparkSession, tmp_path: Path) -> None:
    with SparkStaging() as staging:
        passing = staging.passing(spark.range(10), even="count_if(id % 2 = 0)")
        passing.rows.where("id > 7").write.parquet(str(tmp_path / "large"))
        assert (passing.count, passing.figure("even")) == (10, 5)


def test_rows_without_their_plan_are_the_same_rows(spark: SparkSession) -> None:
    with SparkStaging() as staging:
        found = staging.without_plan(spark.range(3).selectExpr("id", "uuid() as token"))
    assert found.collect() == found.collect()
