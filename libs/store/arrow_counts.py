"""What is asked about staged rows that this process holds as an Arrow table, answered by DuckDB.

The functions are those of `libs.store.staged.Staged`, and raise NotEvaluable alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from libs.store.dialects import DUCKDB
from libs.store.rule_sql import rule_sql
from libs.store.staged import NotEvaluable


def counts(rows: pa.Table, wanted: Mapping[str, str]) -> dict[str, int]:
    """SQL aggregates that count something, by name, in one query; 0 where there is nothing to count."""
    aggregates = ", ".join(rule_sql(aggregate) for aggregate in wanted.values())
    with asked(rows) as connection:
        found = connection.execute(f"select {aggregates} from staged").fetchall()[0]
    return {name: int(value or 0) for name, value in zip(wanted, found, strict=True)}


def grouped(rows: pa.Table, where: str, by: Mapping[str, str], aggregate: str) -> pa.Table:
    """The aggregate as column `value`, over the rows that meet `where`, by SQL expressions of the rows, by name."""
    keys = [f"{rule_sql(expression)} as {DUCKDB.quoted(name)}" for name, expression in by.items()]
    numbers = ", ".join(str(n) for n in range(1, len(keys) + 1))
    columns = ", ".join([*keys, f"{rule_sql(aggregate)} as value"])
    return _selected(rows, f"select {columns} from staged where {rule_sql(where)} group by {numbers}")


def examples(rows: pa.Table, where: str, columns: Sequence[str], limit: int) -> pa.Table:
    """Some of the rows that meet `where`."""
    return _selected(rows, f"select {_columns(columns)} from staged where {rule_sql(where)} limit {limit}")


def repeated(rows: pa.Table, columns: Sequence[str], limit: int) -> pa.Table:
    """Some of the values of the columns that several rows have; nulls equal each other."""
    names = _columns(columns)
    return _selected(rows, f"select {names} from staged group by {names} having count(*) > 1 limit {limit}")


def _selected(rows: pa.Table, query: str) -> pa.Table:
    with asked(rows) as connection:
        return connection.sql(query).to_arrow_table()


def _columns(names: Sequence[str]) -> str:
    return ", ".join(map(DUCKDB.quoted, names))


@contextmanager
def asked(rows: pa.Table | ds.Dataset) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that has the rows as `staged`."""
    with _database().cursor() as connection:
        connection.register("staged", rows)
        try:
            yield connection
        except duckdb.Error as error:
            raise NotEvaluable(str(error).strip().splitlines()[0]) from error


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """An empty database, whose start takes longer than most questions. Each cursor of it has registered rows of its own."""
    database = duckdb.connect()
    # A day is a day in UTC.
    database.execute("set global timezone = 'UTC'")
    # It would turn `n + 1 > 0` into `n > -1`, which does not overflow where Spark does.
    database.execute("set disabled_optimizers = 'expression_rewriter'")
    return database
