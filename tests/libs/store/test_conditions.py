"""A condition chooses the same rows in Spark, in DuckDB and in DataFusion, and those that it says."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession

from libs.store.conditions import (
    ALWAYS,
    NEVER,
    And,
    Column,
    Condition,
    Differs,
    Equal,
    Later,
    Less,
    Not,
    Or,
    Sql,
    Within,
    any_differs,
    date_ranges,
)
from libs.store.dialects import DATAFUSION, DUCKDB, SPARK, Dialect, datafusion_sql, duckdb_sql, rendered, spark_sql

Row = dict[str, Any]
WORDS = ["it's", "a\\b", 'say "x"', "plain", None, "`tick`"]
ROWS: list[Row] = [
    {
        "n": n,
        "Day": date(2026, 1, 1 + n),
        "moment": datetime(2026, 1, 1 + n, 0, 0, 0, n, tzinfo=UTC),
        "word": WORDS[n % 6],
        "other word": WORDS[n % 4],
        "first": n % 3,
        "last": n % 2,
    }
    for n in range(12)
]
MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)


def has_word(word: str) -> Callable[[Row], bool]:
    return lambda row: row["word"] == word


def pair(row: Row, one: str, other: str) -> bool:
    return row[one] is not None and row[other] is not None and row[one] == row[other]


CASES: list[tuple[Condition, Callable[[Row], bool]]] = [
    *((Equal(Column("word"), word), has_word(word)) for word in WORDS if word is not None),
    (Equal(Column("n"), 3), lambda row: row["n"] == 3),
    (Equal(Column("word"), Column("other word")), lambda row: pair(row, "word", "other word")),
    (Differs(Column("word"), Column("other word")), lambda row: row["word"] != row["other word"]),
    (Less(Column("moment"), MIDNIGHT), lambda row: row["moment"] < MIDNIGHT),
    (Less(Column("Day"), date(2026, 1, 4)), lambda row: row["Day"] < date(2026, 1, 4)),
    (
        Within(Sql("cast(moment as date)"), [(date(2026, 1, 2), date(2026, 1, 3)), (date(2026, 1, 7), date(2026, 1, 7))]),
        lambda row: row["n"] in (1, 2, 6),
    ),
    (Within(Column("Day"), []), lambda row: False),
    (
        Later([Column("first"), Column("last"), Column("n")], [Column("last"), Column("first"), Column("first")]),
        lambda row: (row["first"], row["last"], row["n"]) > (row["last"], row["first"], row["first"]),
    ),
    (And((Equal(Column("first"), 1), Or((Equal(Column("last"), 0), Equal(Column("n"), 7))))), lambda row: row["n"] in (4, 7, 10)),
    (Not(Or((Equal(Column("first"), 1), Equal(Column("last"), 1)))), lambda row: row["first"] != 1 and row["last"] != 1),
    (ALWAYS, lambda row: True),
    (NEVER, lambda row: False),
]


def in_duckdb(rows: pa.Table, condition: Condition) -> list[int]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.register("rows", rows)
        return [n for (n,) in connection.execute(f"select n from rows where {duckdb_sql(condition)} order by n").fetchall()]


def in_datafusion(rows: pa.Table, condition: Condition, folder: Path) -> list[int]:
    """Those that delta-rs deletes by it."""
    write_deltalake(str(folder), rows, mode="overwrite")
    DeltaTable(str(folder)).delete(datafusion_sql(condition))
    left = DeltaTable(str(folder)).to_pyarrow_table()["n"].to_pylist()
    return [n for n in rows["n"].to_pylist() if n not in left]


def test_every_engine_chooses_the_rows_that_the_condition_says(spark: SparkSession, tmp_path: Path) -> None:
    types = {"moment": pa.timestamp("us", "UTC"), "first": pa.int64()}
    rows = pa.table({name: pa.array([row[name] for row in ROWS], types.get(name)) for name in ROWS[0]})
    frame = spark.createDataFrame(rows).persist()
    for condition, meets in CASES:
        expected = [row["n"] for row in ROWS if meets(row)]
        assert [row.n for row in frame.where(spark_sql(condition)).orderBy("n").collect()] == expected, condition
        assert in_duckdb(rows, condition) == expected, condition
        assert in_datafusion(rows, condition, tmp_path / "rows") == expected, condition
    frame.unpersist()


@pytest.mark.parametrize("dialect", [SPARK, DUCKDB, DATAFUSION])
def test_parts_stand_in_parentheses_where_they_meet_others(dialect: Dialect) -> None:
    either = Or((Equal(Sql("a"), 1), Equal(Sql("b"), 2)))
    assert rendered(And((either, Not(either))), dialect) == "(((a) = 1 or (b) = 2) and not (((a) = 1 or (b) = 2)))"


def test_rows_of_a_merge_are_named() -> None:
    assert spark_sql(any_differs(["label"])) == "(s.`label` is distinct from t.`label`)"
    assert datafusion_sql(any_differs(["label"])) == '(s."label" is distinct from t."label")'
    assert spark_sql(any_differs([])) == "false"


def test_days_become_unbroken_ranges() -> None:
    first, second, third, fifth = (date(2026, 1, day) for day in (1, 2, 3, 5))
    assert date_ranges([third, first, fifth, second, first]) == [(first, third), (fifth, fifth)]
    assert date_ranges([]) == []
