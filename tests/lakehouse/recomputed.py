"""Every derived table once more, in DuckDB: what the transforms are checked against."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
from pyspark.sql import DataFrame

from lakehouse.bench.definitions import DEFINITIONS, LINES
from lakehouse.catalogue.discovery import catalogue
from libs.tables import TIMESTAMP, Column, Table
from tests.lakehouse.random_rows import SILVER, Row, in_order


def recomputed(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each derived table, in order of its declared columns; `connection` holds the tables of silver."""
    recompute(connection, as_of)
    return {name: _rows(connection, name) for name in DEFINITIONS}


def recompute(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """Add each derived table to `connection`, which holds the tables of silver."""
    naive = as_of.astimezone(UTC).replace(tzinfo=None)
    connection.execute("create table moment as select ?::timestamp as as_of, ?::date as last_day", [naive, _last_day(naive)])
    connection.execute(f"create table lines as {LINES}")
    for name, query in DEFINITIONS.items():
        connection.execute(f"create table {name} as {query}")


def _last_day(as_of: datetime) -> datetime:
    return as_of - timedelta(microseconds=1)


def _rows(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[Any, ...]]:
    columns = ", ".join(f'"{column}"' for column in catalogue()[qualified(name)].table.column_names)
    return in_order(connection.execute(f"select {columns} from {name}").fetchall())


def qualified(name: str) -> str:
    """The table's name with its layer."""
    return next(full for full in catalogue() if full.endswith(f".{name}"))


def silver_in_duckdb(rows: Mapping[str, list[Row]]) -> duckdb.DuckDBPyConnection:
    """A database with the rows of each table of silver, with the columns that the table declares."""
    connection = duckdb.connect()
    for name, table in SILVER.items():
        columns = ", ".join(f"{c.name} {c.type.replace('string', 'varchar')}" for c in table.columns)
        connection.execute(f"create table {name} ({columns})")
        marks = ", ".join("?" for _ in table.columns)
        values = [[_naive(row.get(n)) for n in table.column_names] for row in rows[name]]
        if values:
            connection.executemany(f"insert into {name} values ({marks})", values)
    return connection


def _naive(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def assert_same_table(connection: duckdb.DuckDBPyConnection, table: Table, made: DataFrame) -> None:
    """`made` has the rows that `connection` holds under the table's short name.

    DuckDB compares them as the table declares them; what differs is brought here, where engines may round differently.
    """
    connection.execute("set timezone = 'UTC'")
    connection.register("made", made.toArrow())
    names = ("made", table.short_name)
    one, other = (f"select {', '.join(map(_as_declared, table.columns))} from {name}" for name in names)
    connection.execute(f"create or replace table different as ({one} except all {other}) union ({other} except all {one})")
    is_same_key = " and ".join(f'side."{key}" is not distinct from different."{key}"' for key in table.primary_key)
    columns = ", ".join(_as_declared(c) if c.type == TIMESTAMP else f'"{c.name}"' for c in table.columns)
    queries = (f"select {columns} from {name} side semi join different on {is_same_key}" for name in names)
    assert_same_rows(*(in_order(connection.execute(query).fetchall()) for query in queries))


def _as_declared(column: Column) -> str:
    return f'cast("{column.name}" as {column.type.replace("string", "varchar")}) as "{column.name}"'


def assert_same_rows(actual: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    """Equal row for row; a rate, or an amount that was divided, to nine digits, as engines round the last one differently."""
    different = [(a, e) for a, e in zip(actual, expected, strict=False) if not all(map(_same, a, e))]
    assert not different[:3] and len(actual) == len(expected), f"{len(actual)} and {len(expected)} rows, such as {different[:3]}"


def _same(actual: Any, expected: Any) -> bool:
    if isinstance(expected, float) and actual is not None:
        tolerance = 5.1e-7 if isinstance(actual, Decimal) else 0.0
        return math.isclose(actual, expected, rel_tol=1e-9, abs_tol=tolerance)
    return bool(actual == expected)
