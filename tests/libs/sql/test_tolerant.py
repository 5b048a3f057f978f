"""Declared SQL in which a value that breaks it gives null: the same as before wherever there is a value."""

from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from libs.sql.tolerant import tolerant
from libs.sql.translated import duckdb_of
from libs.store.snapshot import Snapshot
from tests.stores import store_at

TYPES = {"s": "string", "t": "string", "i": "bigint", "m": "decimal(18,6)", "d": "date"}


@pytest.mark.parametrize(
    "sql",
    [
        "s = 'a' and t like '/x%'",
        "concat_ws('|', s, t)",
        "try_cast(s as double) > 0",
        "try_cast(m as double) / nullif(i, 0)",
        "m > 0 and i in (1, 2)",
        "d >= date '2020-01-01'",
        "left(s, 2)",
        "regexp_replace(s, '[.]0$', '')",
        "case when s rlike '\\\\d' then 'it''s' end",
        "this is no (sql",
    ],
)
def test_what_no_value_can_break_is_left_as_it_is_written(sql: str) -> None:
    assert tolerant(sql, TYPES) == sql


@pytest.mark.parametrize(
    ("sql", "becomes"),
    [
        ("a / b", "TRY_DIVIDE(a, b)"),
        ("m * m", "TRY_MULTIPLY(m, m)"),
        ("a % 3", "a % 3"),
        ("s / 2", "TRY_CAST(REGEXP_REPLACE(s, '.*[.eE].*', '') AS BIGINT) / 2"),
        ("to_date(s, 'M/d/yyyy')", "TRY_CAST(TRY_TO_TIMESTAMP(s, 'M/d/yyyy') AS DATE)"),
        ("url_decode(s)", "TRY_URL_DECODE(s)"),
    ],
)
def test_what_spark_alone_computes_has_other_forms_there(sql: str, becomes: str) -> None:
    assert tolerant(sql, TYPES, everything=True) == becomes


# SQL over the text s, and for each text what it gives by hand; where plain SQL would end the query, null.
CASES: list[tuple[str, dict[str | None, Any]]] = [
    ("cast(s as bigint)", {"12": 12, "-7": -7, "n/a": None, "1.5": None, "99999999999999999999": None, "": None, None: None}),
    ("s > 5", {"12": True, "5": False, "n/a": None, None: None}),
    ("s between 1 and 5", {"5": True, "6": False, "five": None}),
    ("s in (1, 2)", {"1": True, "3": False, "x": None}),
    ("case s when 5 then 'five' when 6 then 'six' end", {"5": "five", "6": "six", "x": None, None: None}),
    ("case 5 when s then 'five' else 'no' end", {"5": "five", "6": "no", "x": "no", None: "no"}),
    ("cast(s as int) <=> null", {"1": False, "x": True, None: True}),
    ("null <=> cast(s as int)", {"1": False, "x": True, None: True}),
    ("(null) is distinct from cast(s as int)", {"1": True, "x": False, None: False}),
    ("cast(s as int) is not distinct from cast(null as int)", {"1": False, "x": True, None: True}),
    ("null <=> null", {"1": True, None: True}),
    ("s in ('1', 2)", {"2": True, "1": True, "3": False, "x": None}),
    ("s between '1' and 5", {"5": True, "6": False, "five": None}),
    ("coalesce(s, 7) > 5", {"5": False, "6": True, None: True}),
    ("abs(s)", {"-1.5": 1.5, "x": None, None: None}),
    ("sqrt(s) > 1", {"4": True, "1": False, "0": False, "-4": None, "x": None, None: None}),
    ("-s", {"1.5": -1.5, "x": None}),
    ("year(s)", {"2026-03-01": 2026, "2026-03-01T10:15:00Z": 2026, "2026-03-01 10:15": 2026, "noon": None, None: None}),
    ("cast(to_date(s) as string)", {"2026-03-01T10:15:00Z": "2026-03-01", "2026-03-01 10:15": "2026-03-01", "noon": None}),
    ("s >= date'2026-03-01'", {"2026-03-01T10:15:00Z": True, "2026-02-28": False, "noon": None}),
    ("datediff(s, '2026-03-01')", {"2026-03-03T10:15:00Z": 2, "noon": None}),
    ("cast(date_add(s, 1) as string)", {"2026-03-01T10:15:00Z": "2026-03-02", "noon": None}),
    ("hour(s)", {"2026-03-01T10:15:00Z": 10, "noon": None}),
    ("cast(to_date(try_to_timestamp(s)) as string)", {"2026-03-01T10:15:00Z": "2026-03-01", "noon": None}),
    ("s * 2", {"21": 42, "n/a": None, "9223372036854775807": None}),
    ("cast(s as bigint) * cast(s as bigint)", {"3": 9, "4000000000": None, "x": None}),
    ("cast(s as bigint) + 1", {"1": 2, "9223372036854775807": None}),
    ("cast(s as decimal(18, 6))", {"1.5": Decimal("1.5"), "x": None}),
    (
        "cast(to_timestamp(s, 'M/d/yyyy H:mm') as string)",
        {"12/1/2010 8:26": "2010-12-01 08:26:00", "13/13/2010 8:26": None, "x": None},
    ),
    ("cast(timestamp_micros(cast(s as bigint)) as string)", {"1773655200000000": "2026-03-16 10:00:00", "n/a": None}),
    ("cast(timestamp_seconds(cast(s as bigint)) as string)", {"1773655200": "2026-03-16 10:00:00", "1773655200000000": None}),
    ("split(s, ',')[1]", {"a,b": "b", "a": None}),
    ("get_json_object(s, '$.plan')", {'{"plan": "pro"}': "pro", '{"plan": "pro", "b": "cut': None, "None": None, "{}": None}),
]


@pytest.mark.both_engines
@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_a_value_that_breaks_the_sql_gives_null_and_the_others_what_they_did(
    spark: SparkSession, sql: str, expected: dict[str | None, Any]
) -> None:
    rows = spark.createDataFrame([Row(s=text) for text in expected], "s string")
    found = rows.selectExpr("s", f"{tolerant(sql, TYPES)} as value").collect()
    assert {row["s"]: row["value"] for row in found} == expected


@pytest.mark.both_engines
def test_conditions_are_computed_alike_by_the_engine_that_checks_them(spark: SparkSession) -> None:
    """By DuckDB, of text that is no JSON and numbers whose product is beyond 64 bits."""
    given = [("pro", 3), ("cut", 4_000_000_000), (None, None)]
    texts = {"pro": '{"plan": "pro"}', "cut": '{"plan": "pro", "b": "cut', None: None}
    sql = tolerant("get_json_object(s, '$.plan') = 'pro' and i * i < 10", {"s": "string", "i": "bigint"})
    rows = spark.createDataFrame([(texts[word], number) for word, number in given], "s string, i bigint")
    assert [row["fits"] for row in rows.selectExpr(f"{sql} as fits").collect()] == [True, None, None]
    with Snapshot(store_at("/nowhere", spark), {}) as snapshot:
        values = '(values (\'{"plan": "pro"}\', 3), (\'{"plan": "pro", "b": "cut\', 4000000000), (null, null)) as given(s, i)'
        assert [row["fits"] for row in snapshot.answer(f"select {duckdb_of(sql)} as fits from {values}")] == [True, None, None]


LARGEST = Decimal("999999999999.999999")
TOTALS = Decimal("99999999999999999999999999999999.999999")
# SQL over m, money, t, a total, i, whole, and s, text; and what it gives for (m, t, i, s), by hand.
Given = tuple[Decimal, Decimal, int, str]
SMALL_ROW: Given = (Decimal("2.5"), Decimal("3"), 3, "7")
LARGE_ROW: Given = (LARGEST, TOTALS, 2**63 - 1, "7.5")
AWKWARD: list[tuple[str, Any, Any]] = [
    ("m * m", Decimal("6.25"), Decimal("999999999999999998000000.000000000001")),
    ("m * m * m > 5", True, None),
    ("m * m * m", Decimal("15.625"), None),
    ("(m * m) * (m * m)", Decimal("39.0625"), None),
    ("coalesce(m, 0) + m", Decimal("5"), Decimal("1999999999999.999998")),
    ("m - (-m)", Decimal("5"), Decimal("1999999999999.999998")),
    ("m * 1.19", Decimal("2.975"), Decimal("1189999999999.99999881")),
    ("m * i > 7", True, True),
    ("t + t", Decimal("6"), None),
    ("t * 2 > 5", True, None),
    ("t * 1.19", Decimal("3.57"), None),
    ("m * 90000000000000000000", Decimal("225000000000000000000"), Decimal("89999999999999999910000000000000")),
    ("t - m", Decimal("0.5"), None),
    ("i * i", 9, None),
    ("s > 5", True, None),
    ("get_json_object(concat('{\"n\": \"', s, '\"}'), '$.n') > 5", True, None),
]


@pytest.mark.both_engines
@pytest.mark.parametrize(("sql", "small", "large"), AWKWARD)
def test_what_is_beyond_the_digits_of_a_number_is_null_on_each_engine(
    spark: SparkSession, sql: str, small: Any, large: Any
) -> None:
    types = {"m": "decimal(18,6)", "t": "decimal(38,6)", "i": "bigint", "s": "string"}
    rows = spark.createDataFrame([SMALL_ROW, LARGE_ROW], "m decimal(18,6), t decimal(38,6), i bigint, s string")
    assert [row["v"] for row in rows.selectExpr(f"{tolerant(sql, types)} as v").collect()] == [small, large]
    with Snapshot(store_at("/nowhere", spark), {}) as snapshot:
        values = ", ".join(
            f"({m}::decimal(18, 6), {t}::decimal(38, 6), {i}::bigint, '{s}')" for m, t, i, s in (SMALL_ROW, LARGE_ROW)
        )
        asked = f"select {duckdb_of(tolerant(sql, types))} as v from (values {values}) as given(m, t, i, s)"
        assert [row["v"] for row in snapshot.answer(asked)] == [small, large]
