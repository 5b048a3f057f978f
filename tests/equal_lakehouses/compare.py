"""Compares two lakehouses, table by table and row by row."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from lakehouse.catalogue.discovery import catalogue
from libs.store.published import Published

LAYERS = ("bronze", "silver", "gold", "quarantine")
SHOWN = 3
Row = Mapping[str, Any]


def differences(one: Path, other: Path) -> list[str]:
    """A line for each table that is on one side only, and for each of the first rows that are."""
    tables = {side: set(_tables(side)) for side in (one, other)}
    found = [f"{name}: only in {one.name if name in tables[one] else other.name}" for name in sorted(tables[one] ^ tables[other])]
    both = sorted(tables[one] & tables[other])
    return found + [line for name in both for line in _different_rows(name, one, other)]


def _tables(root: Path) -> Iterator[str]:
    for layer in LAYERS:
        yield from (f"{layer}.{path.name}" for path in (root / layer).glob("*"))


def _different_rows(name: str, one: Path, other: Path) -> list[str]:
    """Amounts that are doubles are compared as text, for 0.0 and -0.0 are equal numbers."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        types = []
        for side, root in (("one", one), ("other", other)):
            connection.register(side, Published(str(root)).arrow(name))
            types.append(connection.execute(f"select column_name, column_type from (describe {side})").fetchall())
        if types[0] != types[1]:
            return [f"{name}: columns {sorted(set(types[0]) ^ set(types[1]))}"]
        columns = ", ".join(f'cast("{c}" as varchar) as "{c}"' if kind == "DOUBLE" else f'"{c}"' for c, kind in types[0])
        mine, theirs = (_only(connection, columns, *sides) for sides in (("one", "other"), ("other", "one")))
    if not mine and not theirs:
        return []
    counted = f"{name}: {len(mine)} rows only in {one.name}, {len(theirs)} only in {other.name}"
    return [counted, *(f"    {line}" for line in _shown(name, mine, theirs, (one.name, other.name)))]


def _only(connection: duckdb.DuckDBPyConnection, columns: str, here: str, there: str) -> list[Row]:
    """The rows that are here more often than there."""
    found = connection.execute(f"select {columns} from {here} except all select {columns} from {there} order by all")
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _shown(name: str, mine: Sequence[Row], theirs: Sequence[Row], sides: tuple[str, str]) -> Iterator[str]:
    """The first rows; of those with the same key only the columns that differ."""
    keys = catalogue()[name].table.primary_key if name in catalogue() else []
    known = {tuple(row[key] for key in keys): row for row in theirs} if keys else {}
    for row in mine[:SHOWN]:
        partner = known.pop(tuple(row[key] for key in keys), None)
        if partner is None:
            yield f"{sides[0]}: {row}"
        else:
            of_key = {key: row[key] for key in keys}
            yield f"{of_key}: " + ", ".join(f"{c}: {row[c]!r} / {partner[c]!r}" for c in row if row[c] != partner[c])
    alone = list(known.values()) if keys else theirs
    yield from (f"{sides[1]}: {row}" for row in alone[:SHOWN] if keys or mine is not theirs)
