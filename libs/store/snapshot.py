"""Some published tables, each at one version, asked together by DuckDB."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from libs.errors import InputError
from libs.store.conditions import ALWAYS, Condition
from libs.store.dialects import duckdb_sql
from libs.store.reader import Reader
from libs.store.scanned import rows_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

Row = Mapping[str, Any]
Fetched = TypeVar("Fetched")


@dataclass(frozen=True)
class Differing:
    """Two columns of figures: how many, their sums, in how many they differ, and up to three of these (keys, own, other)."""

    figures: int
    own: Decimal
    other: Decimal
    different: int
    examples: Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Snapshot:
    """Some tables, each at one version, so that all that is asked of them agrees.

    versions: table -> version; only: table -> condition on the rows that are seen of it, where not all are.
    """

    tables: Reader
    versions: Mapping[str, int]
    only: Mapping[str, Condition] = field(default_factory=dict)
    _connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect, repr=False)

    @classmethod
    def of(cls, tables: Reader, names: Sequence[str]) -> "Snapshot":
        """The newest versions of those of the named tables that exist."""
        return cls(tables, {name: tables.version(name) for name in dict.fromkeys(names) if tables.exists(name)})

    def __post_init__(self) -> None:
        self._connection.execute("set timezone = 'UTC'")
        for layer in {name.split(".", 1)[0] for name in self.versions}:
            self._connection.execute(f"create schema {layer}")
        for name, version in self.versions.items():
            seen = duckdb_sql(self.only.get(name, ALWAYS))
            self._connection.execute(
                f"create view {name} as select * from {rows_of(self._connection, self.tables, name, version)} where {seen}"
            )

    def __enter__(self) -> "Snapshot":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def __contains__(self, name: str) -> bool:
        return name in self.versions

    def row_count(self, name: str) -> int:
        """How many rows the table has, without reading them."""
        return self.tables.row_count(name, self.versions[name])

    def differing(self, given: "pa.Table", keys: Sequence[str], query: str) -> "Differing":
        """Compare figures `given` (columns `keys` and value) with those of `query` (the same columns); 0 where one lacks it."""
        sides = []
        for side, rows in (("own", "given"), ("other", f"({query})")):
            columns = ", ".join(f"cast({key} as varchar) as {key}" for key in keys)
            sides.append(f"(select {columns}, cast(value as decimal(38, 6)) as {side} from {rows})")
        self._connection.register("given", given)
        self._connection.execute(
            f"create or replace temp table compared as select {', '.join(keys)}, coalesce(own, 0) as own,"
            f" coalesce(other, 0) as other from {sides[0]} full join {sides[1]} using ({', '.join(keys)})"
        )
        totals = self._connection.execute("select count(*), sum(own), sum(other) from compared").fetchall()[0]
        bad = "from compared where own <> other"
        count = self._connection.execute(f"select count(*) {bad}").fetchall()[0][0]
        examples = self._connection.execute(f"select * {bad} order by all limit 3").fetchall()
        return Differing(totals[0], totals[1] or Decimal(0), totals[2] or Decimal(0), count, examples)

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> "pd.DataFrame":
        """What DuckDB answers to `query` over the tables by their names; `?` stands for a parameter. Decimals come as doubles."""
        return self._connection.execute(query, list(parameters)).df()

    def columns(self, query: str) -> "dict[str, NDArray[Any]]":
        """What DuckDB answers to `query`, a NumPy array a column; raises InputError as `answer` does."""
        return self._asked(query, _columns)

    def answer(self, query: str) -> list[Row]:
        """What DuckDB answers to `query`, a row a mapping from column to value. Decimals stay exact.

        Raises InputError, one line, with what DuckDB says where it can't.
        """
        return self._asked(query, _rows)

    def _asked(self, query: str, fetched: Callable[[duckdb.DuckDBPyConnection], Fetched]) -> Fetched:
        try:
            return fetched(self._connection.execute(query))
        except duckdb.Error as error:
            raise InputError(f"DuckDB can't answer: {str(error).strip().splitlines()[0]}") from error


def _columns(found: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    return dict(found.fetchnumpy())


def _rows(found: duckdb.DuckDBPyConnection) -> list[Row]:
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
