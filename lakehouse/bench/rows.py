"""Compares the rows of a table that two engines computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from libs.tables import DOUBLE, Table

# Engines may round the last digit of a quotient differently.
RELATIVE_ERROR = 1e-9
SQL_TYPES = {"string": "varchar"}


@dataclass(frozen=True)
class Compared:
    """The number of rows of each side, and examples of rows that only one has."""

    ours: int
    peers: int
    examples: tuple[str, ...]

    @property
    def are_equal(self) -> bool:
        """Whether both have the same rows, each the same number of times."""
        return self.ours == self.peers and not self.examples


def compared(table: Table, ours: Any, peers: Path, examples: int = 3, where: str = "true") -> Compared:
    """Compare `ours`, an Arrow dataset, with the Parquet file `peers`; by the columns that `table` declares, and the rows that meet `where`."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.register("arrow", ours)
    columns = ", ".join(f'cast("{c.name}" as {_sql_type(c.type)}) as "{c.name}"' for c in table.columns)
    connection.execute(f"create table ours as select {columns} from arrow where {where}")
    connection.execute(f"create table peers as select {columns} from read_parquet($1) where {where}", [str(peers)])
    for one, other in (("ours", "peers"), ("peers", "ours")):
        connection.execute(f"create table {one}_only as select * from {one} except all select * from {other}")
    found = connection.execute(f"{_different(table)} limit {examples}").fetchall()
    return Compared(_count(connection, "ours"), _count(connection, "peers"), tuple(map(_shown, found)))


def _sql_type(spark_type: str) -> str:
    return SQL_TYPES.get(spark_type, spark_type)


def _different(table: Table) -> str:
    """Rows without a counterpart on the other side, where doubles may differ by rounding."""
    on = [
        f'abs(o."{c.name}" - p."{c.name}") <= {RELATIVE_ERROR} * abs(p."{c.name}") or o."{c.name}" is not distinct from p."{c.name}"'
        if c.type == DOUBLE
        else f'o."{c.name}" is not distinct from p."{c.name}"'
        for c in table.columns
    ]
    match = " and ".join(f"({condition})" for condition in on)
    return f"""select side, entry from (select 'here' as side, o as entry from ours_only o anti join peers_only p on {match}
        union all select 'peer' as side, p as entry from peers_only p anti join ours_only o on {match})
        order by {", ".join(f'entry."{key}"' for key in table.primary_key)}, side"""


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    counted = connection.execute(f"select count(*) from {name}").fetchone()
    assert counted is not None
    return int(counted[0])


def _shown(example: tuple[str, Mapping[str, Any]]) -> str:
    side, row = example
    return f"only {side}: " + ", ".join(f"{name}={value}" for name, value in row.items())
