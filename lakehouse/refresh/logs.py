"""The logs that runs append to. They are never rebuilt: one that an older version began is carried over to today's columns."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import functions as F

from libs.store.arrow_rows import arrow_schema
from libs.store.port import Store
from libs.tables import Column, RunLog, Table


def append(store: Store, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add the rows to the log `table`, which exists afterwards in its declared form also when there are none."""
    exists = store.exists(table.name)
    if exists:
        _carry_over(store, table)
    if rows or not exists:
        named = [dict(zip(table.column_names, row, strict=True)) for row in rows]
        store.append(table, pa.Table.from_pylist(named, schema=arrow_schema(table)))


def _carry_over(store: Store, table: Table) -> None:
    """Rewrite the log in one commit where it lacks a column that older versions had in another form."""
    assert isinstance(table.refresh, RunLog), f"{table.name} is no log of runs"
    known, formerly = store.columns(table.name), table.refresh.formerly
    if all(name in known for name in formerly):
        return

    def value(column: Column) -> str:
        return f"`{column.name}`" if column.name in known else formerly.get(column.name, "null")

    columns = [F.expr(value(column)).cast(column.type).alias(column.name) for column in table.columns]
    store.overwrite(table, store.read(table.name).select(*columns), {})
