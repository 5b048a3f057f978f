"""Expectations on rows that this process holds; that Spark counts alike is shown in tests/libs/store/test_arrow_counts.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from libs.quality.counting import counted
from libs.quality.expectations import Expectations
from libs.quality.results import CheckResult, ExpectationFailed, enforce, results_of, whole
from libs.store.staged import NotEvaluable, Staged
from libs.tables import LONG, STRING, Column, Expectation, Full, Table, TableError, fail, warn
from libs.tables.rules import rules
from tests.libs.store.held import HeldRows

MOMENT = datetime(2026, 1, 1, 7, tzinfo=UTC)
SCHEMA = pa.schema([("day", pa.int64()), ("country", pa.string()), ("users", pa.int64())])


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


def rows_of(*rows: tuple[int | None, str | None, int | None]) -> HeldRows:
    return HeldRows(pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], SCHEMA))


@pytest.fixture
def checks() -> Expectations:
    return Expectations("run-1", MOMENT)


def check(checks: Expectations, table: Table, staged: Staged) -> list[CheckResult]:
    counts = counted(table, staged, rules(table))
    return results_of(table.name, counts, checks.judge(table.name, counts))


def by_expectation(results: list[CheckResult]) -> dict[str, tuple[bool, int]]:
    return {r.expectation: (r.passed, r.unexpected_count) for r in results}


def test_nulls_repeated_keys_and_conditions_are_counted_in_rows(checks: Expectations) -> None:
    rows = rows_of((1, "a", 5), (1, "a", 6), (1, "b", -1), (None, "c", 7))
    results = check(checks, days_table(fail("users >= 0"), warn("users < 7")), rows)
    assert by_expectation(results) == {
        "day is not null": (False, 1),
        "unique (day, country)": (False, 1),
        "users >= 0": (False, 1),
        "users < 7": (False, 1),
        "row count": (True, 0),
    }
    assert [r.rows_checked for r in results] == [4] * 5


def test_a_null_condition_counts_as_met_and_null_keys_equal_each_other(checks: Expectations) -> None:
    found = by_expectation(check(checks, days_table(fail("users >= 0")), rows_of((1, None, None), (1, None, None))))
    assert found["users >= 0"] == (True, 0)
    assert found["unique (day, country)"] == (False, 1)


def test_an_empty_table_meets_every_expectation(checks: Expectations) -> None:
    results = check(checks, days_table(fail("users >= 0")), rows_of())
    assert len(results) == 4
    assert all(r.passed and r.rows_checked == 0 for r in results)


def test_failed_expectations_prevent_publication_with_a_line_and_examples_each() -> None:
    rows = rows_of((1, "a", -1), (2, "a", -2), (3, "a", -3), (4, "a", -4), (5, "b", 1), (5, "b", 1))
    table = days_table(fail("users >= 0", "nobody is less than nobody"), warn("users > 100"))
    with pytest.raises(ExpectationFailed) as raised:
        enforce(table, rows, counted(table, rows, rules(table)))
    unique, condition = sorted(str(raised.value).splitlines(), key=lambda line: "users" in line)
    assert (
        unique == "gold.days: expected unique (day, country) (the primary key): 1 row does not meet it, such as day=5, country=b"
    )
    assert condition.startswith(
        "gold.days: expected users >= 0 (nobody is less than nobody): 4 rows do not meet it, such as day="
    )
    assert condition.count("country=") == 3
    assert not any("users > 100" in line for line in (unique, condition))


def test_unmet_warnings_do_not_prevent_publication_and_are_recorded(checks: Expectations) -> None:
    table, rows = days_table(warn("users > 100", "few")), rows_of((1, "a", 5))
    enforce(table, rows, counted(table, rows, rules(table)))
    assert CheckResult("gold.days", "users > 100", "warn", False, 1, 1, "few") in check(checks, table, rows)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("nowhere > 1", 'Binder Error: Referenced column "nowhere" not found'),
        ("users + 9223372036854775807 > 0", "Out of Range Error: Overflow in addition of INT64"),
        ("users > (", "count_if(not (users > ()) can't be read as SQL"),
        ("10 / users > 1", "10 / users is not among what DuckDB and Spark are known to answer alike"),
    ],
)
def test_a_condition_that_cannot_be_evaluated_is_named_in_one_line_with_its_table(condition: str, reason: str) -> None:
    table = days_table(fail(condition), fail("users > 0"))
    with pytest.raises(TableError) as raised:
        counted(table, rows_of((1, "a", 5)), rules(table))
    (line,) = str(raised.value).splitlines()
    assert line.startswith(f"gold.days: the expectation {condition} can't be evaluated: ")
    assert reason in line


@dataclass(frozen=True)
class Incomputable(HeldRows):
    """Rows whose transform fails once anything is asked about them."""

    def counts(self, wanted: Mapping[str, str]) -> dict[str, int]:
        raise NotEvaluable("the division is by zero") from ZeroDivisionError("in the transform")


def test_rows_that_cannot_be_computed_are_not_reported_as_faults_of_rules() -> None:
    table = days_table(fail("users > 0"))
    with pytest.raises(ZeroDivisionError, match="in the transform"):
        counted(table, Incomputable(rows_of().table), rules(table))


def test_parts_of_a_table_add_up(checks: Expectations) -> None:
    parts = [
        check(checks, days_table(fail("users >= 0")), rows) for rows in (rows_of((1, "a", -5)), rows_of((2, "a", 5), (3, "a", 5)))
    ]
    found = {
        r.expectation: (r.passed, r.rows_checked, r.unexpected_count) for part in [whole([*parts[0], *parts[1]])] for r in part
    }
    assert found["users >= 0"] == (False, 3, 1)
    assert found["row count"] == (True, 3, 0)
    assert len(found) == 4
