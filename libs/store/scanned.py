"""How DuckDB reads one version of a table: files on disk by itself, those of an object store through Arrow.

Arrow's data sets import pandas, which takes longer than most answers do.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from libs.store.published import VersionFiles
from libs.store.reader import Reader

if TYPE_CHECKING:
    import duckdb

_TYPES = {
    "string": "varchar",
    "long": "bigint",
    "integer": "integer",
    "double": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
}


def rows_of(connection: "duckdb.DuckDBPyConnection", tables: Reader, name: str, version: int | None = None) -> str:
    """What a connection of DuckDB reads the newest or a named version from, as SQL; its time zone is to be UTC."""
    query = scanned(tables.files(name, version))
    if query is not None:
        return f"({query})"
    # Arrow can't compare texts in files that delta-rs merged.
    connection.execute("set disabled_optimizers = 'filter_pushdown'")
    registered = f"arrow_{name.replace('.', '__')}"
    connection.register(registered, tables.arrow(name, version))
    return registered


def scanned(version: VersionFiles) -> str | None:
    """A DuckDB query for the version's rows; None where they are not files on disk, or a column has a type of others."""
    types = {name: _type_of(declared) for name, declared in version.columns.items()}
    if not version.are_on_disk or None in types.values():
        return None
    # It gives every column and its type, also where there is no file, or one from before the table had the column.
    empty = ", ".join(f'null::{type_} as "{name}"' for name, type_ in types.items())
    names = ", ".join(f'"{name}"' for name in types)
    rows = f"select {empty} where false"
    if version.paths:
        rows += f" union all by name select * from read_parquet([{_listed(version.paths)}], union_by_name = true)"
    return f"select {names} from ({rows})"


def _type_of(declared: Any) -> str | None:
    """Delta's type, as its log writes it, in DuckDB's words."""
    if isinstance(declared, str):
        return declared if declared.startswith("decimal(") else _TYPES.get(declared)
    if declared.get("type") == "array":
        items = _type_of(declared["elementType"])
        return f"{items}[]" if items else None
    return None


def _listed(paths: Sequence[str]) -> str:
    """Paths as SQL; what DuckDB would take for a pattern stands for itself."""
    plain = (path.translate({ord(char): f"[{char}]" for char in "[*?"}).replace("'", "''") for path in paths)
    return ", ".join(f"'{path}'" for path in plain)
