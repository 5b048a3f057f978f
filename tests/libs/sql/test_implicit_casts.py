"""Texts that an engine would cast by itself: one that is no number, day or truth gives null, and ends no query."""

import datetime
import re
from itertools import product
from typing import Any

import duckdb
import pytest
import sqlglot
from pyspark.sql import Row, SparkSession
from sqlglot import exp

from libs.sql.allowed import IN_SOURCES, faults, faults_in_source
from libs.sql.broken import broken, without_value
from libs.sql.tolerant import tolerant
from libs.sql.translated import duckdb_of

TYPES = {"s": "string", "t": "string"}

# SQL over the text s, and for each text what it gives by hand; where plain SQL would end the query, null.
CASES: list[tuple[str, dict[str | None, Any]]] = [
    ("s = true", {"true": True, "Yes": True, "1": True, "f": False, "0": False, "2": None, "": None, None: None}),
    ("s is not false", {"true": True, "no": False, None: True}),
    ("s <=> true", {"true": True, "n": False, None: False}),
    ("not s", {"y": False, "n": True, "maybe": None, None: None}),
    ("s and length(s) > 1", {"true": True, "t": False, "maybe": None, "f": False}),
    ("if(s, 'a', 'b')", {"t": "a", "f": "b", None: "b"}),
    ("case when s then 1 else 2 end", {"1": 1, "0": 2}),
    ("case s when true then 'a' else 'b' end", {"true": "a", "no": "b"}),
    ("s in (true)", {"T": True, "F": False, "x": None}),
    ("coalesce(s, true)", {"no": False, None: True}),
    ("nullif(s, 0)", {"0": None, "00": None, "5": "5", "007": "007", "x": None, "1.5": None, None: None}),
    ("nullif(1, s)", {"1": None, "2": 1}),
    ("cast(s as double) / nullif(s, 0)", {"5": 1.0, "0": None, "x": None}),
    ("length(s) > s", {"0": True, "1": False, "-3": True, "abc": None, None: None}),
    ("year(s) > '2025'", {"2026-03-01": True, "2025-03-01": False, "noon": None}),
    ("1 between s and 2", {"0": True, "2": False, "x": None}),
    ("1 in (s, 7)", {"1": True, "2": False, "x": None}),
    ("s in (1, 'x')", {"1": True, "2": None}),
    ("s > 1.5", {"2": True, "1": False, "99999999999999999999": True, "x": None}),
    ("s between 0.5 and 2", {"1": True, "1e30": False, "x": None}),
    ("coalesce(s, 1.5)", {"2": 2.0, None: 1.5, "1e30": 1e30}),
    ("s * s", {"1.5": 2.25, "x": None, None: None}),
    ("s div 2", {"7": 3, "x": None}),
    ("length(s) - s", {"5": -4, "x": None}),
    ("length(s) * length(s)", {"abc": 9}),
    ("to_date('2026-03-01') + s", {"1": datetime.date(2026, 3, 2), "x": None}),
    ("md5(s) > 1", {"x": None, None: None}),
    ("coalesce(s, s) > 1", {"2": True, "x": None}),
    ("case when s <> '' then s else '0' end > 1", {"2": True, "": False, "x": None}),
    # One of several values is a text, and so is the other.
    ("if(s <> '', s, 0)", {"007": "007", "1.50": "1.50", "": "0", None: "0"}),
    ("case when s <> '' then length(s) else 'none' end", {"ab": "2", "": "none"}),
    ("coalesce(length(s), 'none')", {"ab": "2", None: "none"}),
    # Of parts of a text.
    ("left('abc', s)", {"2": "ab", "0": "", "-1": "", "x": None}),
    ("left(s, length(s) - 2)", {"abc": "a", "ab": "", "a": "", "": ""}),
    ("right('abc', s)", {"2": "bc", "-1": "", "x": None}),
    ("substring(s, 1, length(s) - 2)", {"abc": "a", "a": ""}),
    ("left('abc', -1)", {"": ""}),
    ("split_part('a,b', ',', s)", {"1": "a", "2": "b", "-1": "b", "3": "", "0": None, "x": None}),
    ("substring_index('a,b', ',', s)", {"1": "a", "-1": "b", "x": None}),
    ("instr(s, 1)", {"21": 2, "x": 0}),
    ("replace(s, 1, 2)", {"11": "22"}),
    ("s like 1", {"1": True, "11": False}),
    ("abs(cast(s as bigint))", {"-5": 5, "5": 5, "-9223372036854775808": None}),
    ("-cast(s as bigint)", {"-5": 5, "-9223372036854775808": None}),
    # Moments.
    ("to_date(s) > timestamp'2026-01-01 00:00:00'", {"9999-12-31": True, "2026-01-01": False, "x": None}),
    ("cast(date_trunc('month', s) as string)", {"2026-03-16T10:15:00Z": "2026-03-01 00:00:00", "9999-12-31": None, "x": None}),
    ("cast(date_trunc('week', to_date(s)) as string)", {"2026-03-01": "2026-02-23 00:00:00", "9999-12-31": None}),
    ("cast(timestamp_micros(s) as string)", {"1773655200123456": "2026-03-16 10:00:00.123456", "x": None}),
    ("cast(timestamp_millis(s) as string)", {"1773655200123": "2026-03-16 10:00:00.123", "9e99": None}),
    (
        "cast(timestamp_seconds(s) as string)",
        {"1773655200": "2026-03-16 10:00:00", "1773655200.5": "2026-03-16 10:00:00.5", "x": None},
    ),
    (
        "cast(timestamp_seconds(cast(s as double)) as string)",
        {"1773655200.25": "2026-03-16 10:00:00.25", "-0.5": "1969-12-31 23:59:59.5", "1e300": None},
    ),
    (
        "cast(timestamp_seconds(cast(cast(s as double) as decimal(18, 6))) as string)",
        {"1773655200.123456": "2026-03-16 10:00:00.123456"},
    ),
]


@pytest.mark.both_engines
@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_a_text_that_can_not_be_cast_gives_null_and_the_others_what_they_do(
    spark: SparkSession, sql: str, expected: dict[str | None, Any]
) -> None:
    rows = spark.createDataFrame([Row(s=text) for text in expected], "s string")
    found = rows.selectExpr("s", f"{tolerant(sql, TYPES)} as value").collect()
    assert {row["s"]: row["value"] for row in found} == expected


# Each function and operator that sources may use, over texts that are all kinds of things.
CONSTRUCTS = (
    *(
        "s and t",
        "s or t",
        "not s",
        "s is true",
        "s is null",
        "s = 1",
        "s <> 1.5",
        "s < true",
        "s <= date'2026-01-01'",
        "s > 1e3",
    ),
    *(
        "s >= 1",
        "s <=> 1",
        "s is distinct from true",
        "length(s) between t and 3",
        "s in (1, t)",
        "s like 1",
        "s like 'a!%' escape '!'",
    ),
    *(
        "case s when 1 then t when 2.5 then 0 else false end",
        "if(s, t, 1)",
        "coalesce(s, 1, t)",
        "nullif(s, t)",
        "nullif(length(s), t)",
    ),
    *(
        "s + t",
        "s - 1",
        "s * 1.5",
        "-s",
        "cast(s as double) / nullif(t, 0)",
        "s % 2",
        "abs(s)",
        "sqrt(s)",
        "round(cast(s as bigint), 1)",
    ),
    *(
        "trim(s)",
        "length(s) + t",
        "concat(s, 1)",
        "s || 1",
        "concat_ws(',', s, 1)",
        "left(s, t)",
        "right(s, t)",
        "substring(s, 1, t)",
    ),
    *("instr(s, t)", "locate('1', t, 2)", "contains(s, 1)", "startswith(s, 1)", "endswith(s, t)", "replace(s, 1, t)"),
    *(
        "split_part(s, ',', t)",
        "md5(s) > 1",
        "get_json_object(s, '$.a') = true",
        "s rlike '1'",
        "regexp_replace(s, '([0-9])', '<$1>')",
    ),
    *("regexp_extract(s, '([0-9])') > 1", "year(s) > t", "quarter(s)", "month(s)", "day(s)", "dayofmonth(s)", "dayofyear(s)"),
    *(
        "dayofweek(s)",
        "weekofyear(s)",
        "hour(s)",
        "minute(s) = t",
        "date_trunc('day', s) > t",
        "to_date(s) = t",
        "date_add(s, 1) > t",
    ),
    *(
        "datediff(s, t) > s",
        "last_day(s)",
        "to_json(named_struct('a', s)) = 1",
        "cast(s as int) = t",
        "try_cast(s as double) = t",
    ),
    *("lower(s) = true", "upper(s) = 1", "substring_index(s, ',', t)", "sha2(s, 256) = 1", "try_parse_json(s) is null"),
    *("try_add(cast(s as bigint), cast(t as bigint))", "try_subtract(cast(s as bigint), cast(t as bigint)) > t"),
    *(
        "try_multiply(cast(s as bigint), cast(t as bigint))",
        "try_to_timestamp(s) > t",
        "timestamp_micros(s)",
        "timestamp_millis(s)",
    ),
    *(
        "timestamp_seconds(s)",
        "coalesce(abs(s) > 1, s)",
        "date_trunc('week', to_date(s)) = t",
        "nvl(s, 1)",
        "position('1' in s) = t",
    ),
)
TEXTS = (
    "5",
    "0",
    "-1",
    "x",
    "",
    "true",
    "1.5",
    "1e400",
    "NaN",
    "2026-03-01",
    "9999-12-31T23:59:59Z",
    "9" * 40,
    "１００１",
    "٣",
    '{"a": "x',
)


DOUBLE = re.compile("-?(nan|inf|infinity|[0-9]+([.][0-9]+)?e[+-]?[0-9]+|[0-9]{8,}[.]0)")


@pytest.mark.both_engines
@pytest.mark.parametrize("sql", CONSTRUCTS)
def test_no_text_ends_a_query_whatever_is_asked_of_it(spark: SparkSession, sql: str) -> None:
    assert faults_in_source(sql) == []
    given = [(s, t) for s in (*TEXTS, None) for t in (*TEXTS, None)]
    rows = spark.createDataFrame(given, "s string, t string")
    forms = (tolerant(sql, TYPES), without_value(sql, TYPES), broken(sql, TYPES) or "false")
    asked = [f"cast({form} as string) as form_{number}" for number, form in enumerate(forms)]
    found = rows.selectExpr(*asked).collect()
    assert {row["form_2"] for row in found} <= {"true", "false"}
    assert all(row["form_1"] is None for row in found if row["form_2"] == "true")


@pytest.mark.both_engines
def test_conditions_are_computed_alike_by_the_engine_that_checks_them(spark: SparkSession) -> None:
    """By DuckDB, which answers questions about metrics and checks funnels, wherever these may ask so."""
    given = [(n, s, t) for n, (s, t) in enumerate(product((*TEXTS, None), repeat=2))]
    rows = spark.createDataFrame(given, "n int, s string, t string")
    # Of what is no object: its fields alone are asked for.
    asked = [tolerant(sql, TYPES) for sql in CONSTRUCTS if not faults(sql, TYPES) and "parse_json" not in sql]
    assert len(asked) > 50
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("create table given (n int, s varchar, t varchar)")
        connection.executemany("insert into given values (?, ?, ?)", given)
        for sql in asked:
            found = {row["n"]: as_written(row["v"]) for row in rows.selectExpr("n", f"cast({sql} as string) as v").collect()}
            answers = connection.execute(f"select n, cast(({duckdb_of(sql)}) as varchar) from given").fetchall()
            assert {n: as_written(value) for n, value in answers} == found, sql


@pytest.mark.both_engines
def test_columns_of_rules_are_computed_with_whatever_type_they_have(spark: SparkSession) -> None:
    types = {"n": "int", "i": "bigint", "d": "date"}
    days = (datetime.date(9999, 12, 31), datetime.date(2026, 3, 16))
    rows = spark.createDataFrame([(2**31 - 1, 2**63 - 1, days[0]), (7, -(2**63), days[1])], "n int, i bigint, d date")
    for sql, expected in {
        "n + 1": [2**31, 8],
        "n * n": [(2**31 - 1) ** 2, 49],
        "-n": [1 - 2**31, -7],
        "abs(n - 10)": [2**31 - 11, 3],
        "n - i": [2**31 - 2**63, None],
        "abs(i)": [2**63 - 1, None],
        "date_trunc('month', d) = date'2026-03-01'": [None, True],
    }.items():
        asked = tolerant(sql, types)
        assert [row["v"] for row in rows.selectExpr(f"{asked} as v").collect()] == expected, asked


def as_written(value: str | None) -> str | None:
    """Engines write doubles that are no number, very large or very small in ways of their own."""
    lower = None if value is None else value.lower()
    if lower is None or not DOUBLE.fullmatch(lower):
        return lower
    return "nan" if lower.endswith("nan") else repr(float(lower))


def test_each_construct_that_sources_may_use_is_among_them() -> None:
    used = {type(node) for sql in CONSTRUCTS for node in sqlglot.parse_one(sql, dialect="spark").walk()}
    assert {each.__name__ for each in IN_SOURCES - used - {exp.Struct, exp.PropertyEQ}} == set()


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("regexp_extract(s, '[0-9]+')", "regexp_extract() takes group 1, 1 unless it is said, of a pattern with 0"),
        ("regexp_extract(s, '(a)', 2)", "regexp_extract() takes group 2"),
        ("regexp_extract(s, '(a)', t)", "regexp_extract() takes group t"),
        ("regexp_replace(s, '[', '')", "'[' is no pattern that every engine reads"),
        ("s rlike 'a{'", "'a{' is no pattern"),
        ("s rlike 'a++'", "'a++' is no pattern"),
        ("s like t", "a pattern of `like` is a text that escapes"),
        ("regexp_replace(s, '[0-9]', t)", "regexp_replace() is computed alike by every engine only with a text"),
        ("regexp_replace(s, '(a)', '$2')", "regexp_replace() is computed alike by every engine only with a text"),
        ("regexp_replace(s, 'a', '$')", "regexp_replace() is computed alike by every engine only with a text"),
        ("sha2(s, 7)", "sha2() takes 0, 224, 256, 384, 512 bits, and not 7"),
        ("split_part(s, ',', 0)", "split_part() counts parts from 1"),
        ("locate(s, t, length(s))", "locate() is computed alike by every engine only from a position"),
        ("locate('a', s, 0)", "locate() is computed alike by every engine only from a position"),
        ("locate(s, t, 2)", "locate() is computed alike by every engine from a position only for a text"),
        ("locate('', t, 2)", "locate() is computed alike by every engine from a position only for a text"),
        ("date_trunc('nonsense', s)", "date_trunc() takes one of year, "),
        ("s like 'a\\\\b'", "a pattern of `like` is a text"),
        ("s like 'a\\\\'", "a pattern of `like` is a text"),
        ("s like 'a' escape '!!'", "a pattern of `like` is a text"),
        ("s in ()", "`in` has no value"),
        ("s in (select 1)", "`(SELECT 1)` is not computed alike"),
        ("exists(select 1)", "`SELECT 1` is not computed alike"),
        ("named_struct('a', s).a > 1", "`STRUCT(s AS a).a` is not computed alike"),
    ],
)
def test_what_would_end_every_run_is_refused_when_it_is_declared(sql: str, told: str) -> None:
    assert [fault for fault in faults_in_source(sql) if fault.startswith(told)], faults_in_source(sql)


@pytest.mark.parametrize(
    "sql",
    ["regexp_extract(s, '([0-9]+)')", "regexp_extract(s, 'a', 0)", "s rlike 'a{2,3}[+]'", "s like '%\\\\_%'", "sha2(s, 256)"],
)
def test_what_engines_read_alike_is_not_refused(sql: str) -> None:
    assert faults_in_source(sql) == []


def test_a_text_that_decides_is_read_as_a_truth() -> None:
    assert tolerant("s", TYPES, condition=True) == (
        "IF(LOWER(TRIM(s)) IN ('t', 'true', 'y', 'yes', '1'), TRUE, IF(LOWER(TRIM(s)) IN ('f', 'false', 'n', 'no', '0'), FALSE, NULL))"
    )
    assert tolerant("s = 'a'", TYPES, condition=True) == "s = 'a'"
