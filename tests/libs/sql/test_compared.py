"""Comparisons that would end every query are found when the SQL is read."""

import pytest

from libs.sql.compared import comparison_faults

TYPES = {"b": "boolean", "d": "date", "s": "string", "t": "timestamp", "n": "bigint", "m": "decimal(38,6)"}


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("b = 1", "`b = 1` compares a boolean with a number: cast one to the other's type"),
        ("n > 2 or B <> 0", "`B <> 0` compares a boolean with a number: cast one to the other's type"),
        ("d > 5", "`d > 5` compares a date or time with a number: cast one to the other's type"),
        ("n between 1 and t", "`n BETWEEN 1 AND t` compares a number with a date or time: cast one to the other's type"),
        ("s > interval 1 day", "`s > INTERVAL '1' DAY` compares a text with an interval: compare two times, or two numbers"),
        ("d >= 'x'", "`d >= 'x'` compares a date or time with 'x': write it as '2026-01-31' or '2026-01-31 10:00:00'"),
        ("t in ('2026-01-01', '2026-02-30')", "'2026-02-30': write it as"),
        ("t > '20260101'", "'20260101': write it as"),
    ],
)
def test_a_comparison_that_no_engine_computes_is_named(sql: str, found: str) -> None:
    [fault] = comparison_faults(sql, TYPES)
    assert found in fault


@pytest.mark.parametrize(
    "sql",
    [
        *("b", "b = true", "b = 'yes'", "n = '5'", "s = 1", "m = n", "d = t", "d is null", "d <=> null", "n in (1, 2.5, null)"),
        *("d >= '2026-01-01'", "t < '2026-01-01 10:00:00'", "t < '2026-01-01T10:00:00Z'", "d >= date '2026-01-01'"),
        *("t - d > interval 1 day", "t > d + interval 1 day", "d = date_add(d, 1)", "b <> (n = 1)", "my_function(b) = 1"),
    ],
)
def test_what_engines_compute_is_not(sql: str) -> None:
    assert list(comparison_faults(sql, TYPES)) == []
