"""What a merge does with each given row, found by DuckDB before delta-rs writes."""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from libs.store.conditions import GIVEN, STORED, And, Condition, Equal, given, stored
from libs.store.dialects import duckdb_sql
from libs.store.published import Published
from libs.store.scanned import rows_of
from libs.store.snapshot import Snapshot
from libs.tables import Table


def marked_rows(table: Table, rows: pa.Table, tables: Published, update_when: Condition) -> pa.Table:
    """The rows that change something in the table's, with `_change`: insert, update or delete.

    A row with a true `_deleted`, where there is that column, removes its counterpart.
    """
    same = duckdb_sql(And(tuple(Equal(given(column), stored(column)) for column in table.primary_key)))
    is_deleted = f"{GIVEN}._deleted" if "_deleted" in rows.column_names else "false"
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.register("given_rows", rows)
        known = rows_of(connection, tables, table.name)
        query = f"""select {GIVEN}.*, case when {STORED}._exists is null and not {is_deleted} then 'insert'
            when {STORED}._exists and {is_deleted} then 'delete'
            when {STORED}._exists and {duckdb_sql(update_when)} then 'update' end as _change
            from given_rows {GIVEN} left join (select *, true as _exists from {known}) {STORED} on {same}"""
        return connection.sql(f"select * from ({query}) where _change is not null").to_arrow_table()


def counted(marked: pa.Table) -> tuple[int, int, int]:
    """How many rows are inserted, updated and deleted."""
    counts = {row["values"]: row["counts"] for row in pc.value_counts(marked["_change"]).to_pylist()}
    return counts.get("insert", 0), counts.get("update", 0), counts.get("delete", 0)


def rows_meeting(name: str, tables: Published, where: Condition) -> int:
    """How many of the table's rows meet the condition."""
    with Snapshot(tables, {name: tables.version(name)}, {name: where}) as seen:
        return int(seen.answer(f"select count(*) as found from {name}")[0]["found"])
