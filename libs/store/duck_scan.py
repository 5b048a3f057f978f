"""Published tables in DuckDB's SQL, read by DuckDB from the files of a version."""

from typing import Any

import duckdb
from deltalake import DeltaTable

from libs.store.dialects import DUCKDB

TYPES = {
    "string": "varchar",
    "long": "bigint",
    "integer": "integer",
    "double": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
}


def scan_of(connection: duckdb.DuckDBPyConnection, table: DeltaTable) -> str:
    """A query that gives the version's rows, each column in the type that the log says.

    Files written by Spark hold times without a zone, those of older versions lack columns that were added since.
    """
    columns = [(field.name, _type(field.type)) for field in table.schema().fields]
    files = table.file_uris()
    if not files:
        nothing = ", ".join(f"null::{kind} as {_quoted(name)}" for name, kind in columns)
        return f"select {nothing} where false"
    source = f"read_parquet([{', '.join(map(_text, files))}], union_by_name = true)"
    known = [column[0] for column in connection.execute(f"select * from {source} limit 0").description or ()]
    return f"select {', '.join(_column(name, kind, name in known) for name, kind in columns)} from {source}"


def _column(name: str, kind: str, is_known: bool) -> str:
    if not is_known:
        return f"null::{kind} as {_quoted(name)}"
    return f"cast({_quoted(name)} as timestamptz) as {_quoted(name)}" if kind == "timestamptz" else _quoted(name)


def _type(kind: Any) -> str:
    """The DuckDB type of a type of the log."""
    if kind.type == "array":
        return f"{_type(kind.element_type)}[]"
    return TYPES.get(kind.type, kind.type)


def _quoted(name: str) -> str:
    return DUCKDB.quote + name.replace(DUCKDB.quote, 2 * DUCKDB.quote) + DUCKDB.quote


def _text(value: str) -> str:
    return f"'{DUCKDB.text(value)}'"
