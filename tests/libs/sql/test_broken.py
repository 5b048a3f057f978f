"""Rows of which a value breaks the SQL are told from those that have no value to decide by."""

import pytest
from pyspark.sql import Row, SparkSession

from libs.sql.broken import broken, without_value
from libs.sql.tolerant import tolerant

TYPES = {"s": "string", "t": "string"}
# SQL over the texts s and t, and the rows that it is broken by, by hand.
Texts = tuple[str | None, str | None]
ROWS: list[Texts] = [
    ("5", "a"),
    ("0", "a"),
    ("x", "a"),
    ("x", "b"),
    ("x", None),
    (None, "a"),
    (None, None),
    ('{"n": "cut', "a"),
    ('{"n": "1"}', "a"),
]
X: set[Texts] = {("x", "a"), ("x", "b"), ("x", None)}
JSON: set[Texts] = {('{"n": "cut', "a"), ('{"n": "1"}', "a")}
CASES: list[tuple[str, set[Texts]]] = [
    ("cast(s as bigint) > 3", X | JSON),
    ("s > 3", X | JSON),
    ("cast(s as bigint) * 9223372036854775807 > 3", X | JSON | {("5", "a")}),
    ("10 div cast(s as bigint) > 3", X | JSON | {("0", "a")}),
    # The other part decides.
    ("t = 'a' or cast(s as bigint) > 3", {("x", "b"), ("x", None)}),
    ("t = 'b' and cast(s as bigint) > 3", {("x", "b"), ("x", None)}),
    ("coalesce(cast(s as bigint), 0) > 3", X | JSON),
    # What asks for nulls is not asked of what breaks.
    ("cast(s as int) is null", X | JSON),
    ("cast(s as int) is not null", X | JSON),
    ("not (cast(s as int) is null)", X | JSON),
    ("isnull(cast(s as int))", X | JSON),
    ("cast(s as int) <=> null", X | JSON),
    ("nvl(cast(s as int), 7) = 7", X | JSON),
    ("ifnull(cast(s as int), 7) = 7", X | JSON),
    ("nvl2(cast(s as int), t = 'a', t = 'b')", X | JSON),
    ("nvl2(t, t = 'b', cast(s as int) > 3)", {("x", None)}),
    ("coalesce(t, cast(s as int), 'c') <> 'a'", {("x", None)}),
    ("coalesce(null, cast(s as int) > 3, t = 'a')", X | JSON),
    ("case when cast(s as int) > 3 then false else true end", X | JSON),
    ("case when t = 'b' then true when cast(s as int) > 3 then false else true end", (X | JSON) - {("x", "b")}),
    ("case cast(s as int) when 5 then false else true end", X | JSON),
    ("case t when 'b' then cast(s as int) is null else true end", {("x", "b")}),
    ("case t when cast(s as int) then false else true end", X | JSON | {("5", "a"), ("0", "a"), (None, "a")}),
    ("if(cast(s as int) > 3, false, true)", X | JSON),
    ("concat_ws('|', cast(s as int), t) <> 'a'", X | JSON),
    ("10 div cast(s as bigint) is null", X | JSON | {("0", "a")}),
    ("get_json_object(s, '$.n') is null", X | {("5", "a"), ("0", "a"), ('{"n": "cut', "a")}),
    # Another part decides, of several that break none does.
    ("cast(s as int) is null and t = 'a'", {("x", "a"), ("x", None)} | JSON),
    ("t is null or cast(s as int) is null", {("x", "a"), ("x", "b")} | JSON),
    ("cast(s as int) is null or cast(t as int) is null", {("x", "a"), ("x", "b"), ("5", "a"), ("0", "a")} | JSON),
    ("cast(s as int) is not null and cast(t as int) is not null and t = 'a'", {("x", "a"), ("5", "a"), ("0", "a")} | JSON),
    ("try_cast(s as int) is null", set()),
    # The branch is not taken.
    ("if(s rlike '^[0-9]', cast(s as bigint), null) > 3", set()),
    ("if(t = 'b', null, cast(s as bigint)) > 3", (X | JSON) - {("x", "b")}),
    ("case when t = 'a' then null when t = 'b' then cast(s as bigint) > 3 else null end", {("x", "b")}),
    ("case t when 'a' then null when 'b' then null else cast(s as bigint) > 3 end", {("x", None)}),
    # Said to be null by whoever wrote it.
    ("try_cast(s as bigint) > 3", set()),
    ("get_json_object(s, '$.n') = '1'", X | {("5", "a"), ("0", "a"), ('{"n": "cut', "a")}),
]


@pytest.mark.both_engines
@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_rows_that_a_value_breaks_are_those_by_hand(spark: SparkSession, sql: str, expected: set[Texts]) -> None:
    rows = spark.createDataFrame([Row(s=s, t=t) for s, t in ROWS], "s string, t string")
    found = rows.selectExpr("s", "t", f"{broken(sql, TYPES) or 'false'} as is_broken").collect()
    assert {(row["s"], row["t"]) for row in found if row["is_broken"]} == expected
    assert {row["is_broken"] for row in found} <= {True, False}


@pytest.mark.parametrize("sql", ["s = 'a' and t like '/x%'", "this is no (sql"])
def test_nothing_breaks_what_no_value_can(sql: str) -> None:
    assert broken(sql, TYPES) is None


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("coalesce(cast(s as bigint), 1)", [5, 0, None, None, None, 1, 1, None, None]),
        ("coalesce(s, 1)", [5, 0, None, None, None, 1, 1, None, None]),
        ("if(cast(s as bigint) > 3, 1, 2)", [1, 2, None, None, None, 2, 2, None, None]),
        ("case when cast(s as bigint) is null then 1 else 2 end", [2, 2, None, None, None, 1, 1, None, None]),
        ("concat_ws('|', 1, cast(s as bigint))", ["1|5", "1|0", None, None, None, "1", "1", None, None]),
        # The branch that breaks is not taken.
        ("if(t = 'a', 7, cast(s as bigint))", [7, 7, 7, None, None, 7, None, 7, 7]),
    ],
)
@pytest.mark.both_engines
def test_a_value_that_is_made_of_what_breaks_is_none_though_it_asks_for_nulls(
    spark: SparkSession, sql: str, values: list[int | str | None]
) -> None:
    rows = spark.createDataFrame([Row(n=n, s=s, t=t) for n, (s, t) in enumerate(ROWS)], "n int, s string, t string")
    found = rows.selectExpr("n", f"{without_value(sql, TYPES)} as value").collect()
    assert [row["value"] for row in sorted(found, key=lambda row: row["n"])] == values


@pytest.mark.parametrize("sql", ["cast(s as bigint) * 2", "coalesce(s, t)", "if(s = 'a', s, t)", "try_cast(s as int)", "no (sql"])
def test_what_hides_no_null_or_is_not_broken_is_as_tolerant_writes_it(sql: str) -> None:
    assert without_value(sql, TYPES) == tolerant(sql, TYPES)
