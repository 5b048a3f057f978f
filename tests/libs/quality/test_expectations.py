from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.gold.quality_results import TABLE as QUALITY_RESULTS
from libs.quality.expectations import CheckResult, ExpectationFailed, Expectations
from libs.tables import LONG, STRING, Column, Expectation, Full, Table, TableError, fail, warn
from libs.tables.rules import rules

MOMENT = datetime(2026, 1, 1, 7, tzinfo=UTC)


def days_table(*expectations: Expectation, name: str = "gold.days") -> Table:
    return Table(
        name=name,
        comment="Users by day and country",
        columns=[
            Column("day", LONG, "day", nullable=False),
            Column("country", STRING, "country"),
            Column("users", LONG, "users"),
        ],
        primary_key=["day", "country"],
        refresh=Full(),
        expectations=expectations,
    )


def rows_of(spark: SparkSession, *rows: tuple[int | None, str | None, int | None]) -> DataFrame:
    return spark.createDataFrame(list(rows), "day long, country string, users long")


@pytest.fixture
def checks() -> Expectations:
    return Expectations("run-1", MOMENT)


def by_expectation(results: list[CheckResult]) -> dict[str, tuple[bool, int]]:
    return {r.expectation: (r.passed, r.unexpected_count) for r in results}


def test_nulls_repeated_keys_and_conditions_are_counted_in_rows(spark: SparkSession, checks: Expectations) -> None:
    rows = rows_of(spark, (1, "a", 5), (1, "a", 6), (1, "b", -1), (None, "c", 7))
    results = checks.check(days_table(fail("users >= 0"), warn("users < 7")), rows)
    assert by_expectation(results) == {
        "day is not null": (False, 1),
        "unique (day, country)": (False, 1),
        "users >= 0": (False, 1),
        "users < 7": (False, 1),
        "row count": (True, 0),
    }
    assert [r.rows_checked for r in results] == [4] * 5


def test_a_null_condition_counts_as_met_and_null_keys_equal_each_other(spark: SparkSession, checks: Expectations) -> None:
    found = by_expectation(checks.check(days_table(fail("users >= 0")), rows_of(spark, (1, None, None), (1, None, None))))
    assert found["users >= 0"] == (True, 0)
    assert found["unique (day, country)"] == (False, 1)


def test_an_empty_table_meets_every_expectation(spark: SparkSession, checks: Expectations) -> None:
    results = checks.check(days_table(fail("users >= 0")), rows_of(spark))
    assert all(r.passed and r.rows_checked == 0 for r in results)


def test_the_key_is_not_checked_when_a_merge_keeps_it(spark: SparkSession, checks: Expectations) -> None:
    results = checks.check(days_table(), rows_of(spark, (1, "a", 1), (1, "a", 2)), unique_key=False)
    assert [r.expectation for r in results] == ["day is not null", "row count"]


def test_a_table_takes_no_more_jobs_than_one_aggregation(spark: SparkSession, checks: Expectations) -> None:
    table = days_table(fail("users >= 0"), warn("users < 7"))
    rows = rows_of(spark, (1, "a", 5))

    def jobs(name: str, work: Callable[[], object]) -> int:
        spark.sparkContext.setJobGroup(name, name)
        work()
        return len(spark.sparkContext.statusTracker().getJobIdsForGroup(name))

    counts = [F.expr(rule.count_sql) for rule in rules(table)]
    bare = jobs("bare", lambda: rows.agg(F.count(F.lit(1)), *counts).collect())
    assert jobs("checked", lambda: checks.check(table, rows)) == bare


def test_failed_expectations_prevent_publication_with_a_line_and_examples_each(spark: SparkSession, checks: Expectations) -> None:
    rows = rows_of(spark, (1, "a", -1), (2, "a", -2), (3, "a", -3), (4, "a", -4), (5, "b", 1), (5, "b", 1))
    table = days_table(fail("users >= 0", "nobody is less than nobody"), warn("users > 100"))
    with pytest.raises(ExpectationFailed) as raised:
        checks.enforce(table, rows)
    unique, condition = sorted(str(raised.value).splitlines(), key=lambda line: "users" in line)
    assert (
        unique == "gold.days: expected unique (day, country) (the primary key): 1 row does not meet it, such as day=5, country=b"
    )
    assert condition.startswith(
        "gold.days: expected users >= 0 (nobody is less than nobody): 4 rows do not meet it, such as day="
    )
    assert condition.count("country=") == 3
    assert not any("users > 100" in line for line in (unique, condition))


def test_unmet_warnings_do_not_prevent_publication_and_are_recorded(spark: SparkSession, checks: Expectations) -> None:
    checks.enforce(days_table(warn("users > 100", "few")), rows_of(spark, (1, "a", 5)))
    assert ("gold.days", "users > 100", "warn", False, 1, 1, "few", MOMENT, "run-1") in checks.rows()


def test_a_condition_that_cannot_be_evaluated_is_named_with_its_table(spark: SparkSession, checks: Expectations) -> None:
    with pytest.raises(TableError) as raised:
        checks.check(days_table(fail("nowhere > 1"), fail("users > 0")), rows_of(spark, (1, "a", 5)))
    assert str(raised.value).startswith("gold.days: the expectation nowhere > 1 can't be evaluated: [UNRESOLVED_COLUMN")
    assert len(str(raised.value).splitlines()) == 1


def test_results_fit_their_table_and_parts_of_a_table_add_up(spark: SparkSession, checks: Expectations) -> None:
    checks.check(days_table(fail("users >= 0")), rows_of(spark, (1, "a", -5)))
    checks.check(days_table(fail("users >= 0")), rows_of(spark, (2, "a", 5), (3, "a", 5)))
    kept = spark.createDataFrame(checks.rows(), QUALITY_RESULTS.schema)
    assert QUALITY_RESULTS.mismatches(kept.schema) == []
    found = {r.expectation: (r.passed, r.rows_checked, r.unexpected_count) for r in kept.collect()}
    assert found["users >= 0"] == (False, 3, 1)
    assert found["row count"] == (True, 3, 0)
    assert kept.select(*QUALITY_RESULTS.primary_key).distinct().count() == kept.count()


def test_tables_are_checked_at_once_without_mixing(spark: SparkSession, checks: Expectations) -> None:
    def rows_seen(number: int) -> set[int]:
        rows = rows_of(spark, *((i, "a", 1) for i in range(number)))
        return {r.rows_checked for r in checks.check(days_table(name=f"gold.t{number}"), rows)}

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(rows_seen, range(1, 7))) == [{1}, {2}, {3}, {4}, {5}, {6}]
