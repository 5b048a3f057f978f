"""What the comparison with a recomputed table sees, and what it does not mind."""

import duckdb
import pytest
from pyspark.sql import DataFrame, SparkSession

from libs.tables import Column, Merge, Table
from tests.lakehouse.recomputed import assert_same_table

TABLE = Table(
    name="gold.rates",
    comment="made of rows of the test",
    columns=[
        Column("key", "string", "a key"),
        Column("seen_at", "timestamp", "a time"),
        Column("amount", "decimal(18,6)", "an amount"),
        Column("rate", "double", "a rate"),
    ],
    primary_key=["key"],
    refresh=Merge(entity="made"),
)
RECOMPUTED = (
    "create table rates as select * from (values ('a', timestamp '2024-01-01 12:00:00', 1 / 3, 1 / 3), (null, null, 2.0, null))"
)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    found = duckdb.connect()
    found.execute(f"{RECOMPUTED} t(key, seen_at, amount, rate)")
    return found


def frame(spark: SparkSession, *rows: str) -> DataFrame:
    return spark.sql(" union all ".join(f"select {row}" for row in rows))


FIRST = "'a' as key, timestamp '2024-01-01 12:00:00' as seen_at, cast(0.333333 as decimal(18,6)) as amount, 1 / 3D as rate"
SECOND = "cast(null as string), cast(null as timestamp), cast(2 as decimal(18,6)), cast(null as double)"


def test_rows_are_the_same_but_for_how_engines_round(connection: duckdb.DuckDBPyConnection, spark: SparkSession) -> None:
    assert_same_table(connection, TABLE, frame(spark, FIRST, SECOND))
    assert_same_table(connection, TABLE, frame(spark, FIRST.replace("1 / 3D", "0.33333333333333D"), SECOND))


@pytest.mark.parametrize(
    "rows",
    [
        [FIRST],
        [FIRST, SECOND, SECOND],
        [FIRST.replace("12:00:00", "12:00:01"), SECOND],
        [FIRST.replace("0.333333", "0.333334"), SECOND],
        [FIRST.replace("1 / 3D", "0.3333333D"), SECOND],
        [FIRST.replace("'a'", "'b'"), SECOND],
    ],
    ids=["one too few", "one twice", "another time", "another amount", "another rate", "another key"],
)
def test_other_rows_are_seen(connection: duckdb.DuckDBPyConnection, spark: SparkSession, rows: list[str]) -> None:
    with pytest.raises(AssertionError):
        assert_same_table(connection, TABLE, frame(spark, *rows))
