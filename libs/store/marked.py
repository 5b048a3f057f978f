"""What a merge does with each given row, found by DuckDB before delta-rs writes."""

from datetime import timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from libs.store.conditions import ALWAYS, GIVEN, STORED, And, Condition, Equal, Less, given, stored
from libs.store.dialects import duckdb_sql
from libs.store.published import Published
from libs.store.scanned import rows_of
from libs.store.snapshot import Snapshot
from libs.tables import Table

# The log's statistics have times to the millisecond.
ROUNDED = timedelta(seconds=1)


def marked_rows(table: Table, rows: pa.Table, tables: Published, update_when: Condition) -> pa.Table:
    """The rows that change something in the table's, with `_change`: insert, update or delete.

    Of a table that says when its facts happened they have `_stored_at` too, that moment of the row that they change.
    A row with a true `_deleted`, where there is that column, removes its counterpart.
    """
    same = duckdb_sql(And(tuple(Equal(given(column), stored(column)) for column in table.primary_key)))
    is_deleted = f"{GIVEN}._deleted" if "_deleted" in rows.column_names else "false"
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.register("given_rows", rows)
        known = rows_of(connection, tables, table.name)
        stored_at = f', {STORED}."{table.event_time}" as _stored_at' if table.event_time else ""
        query = f"""select {GIVEN}.*{stored_at}, case when {STORED}._exists is null and not {is_deleted} then 'insert'
            when {STORED}._exists and {is_deleted} then 'delete'
            when {STORED}._exists and {duckdb_sql(update_when)} then 'update' end as _change
            from given_rows {GIVEN} left join (select *, true as _exists from {known}) {STORED} on {same}"""
        return connection.sql(f"select * from ({query}) where _change is not null").to_arrow_table()


def where_changed(table: Table, marked: pa.Table) -> Condition:
    """What is true of every stored row that the marked ones change: by its time, so that files of other times are not read."""
    if table.event_time is None:
        return ALWAYS
    times = marked.filter(pc.field("_change") != "insert")["_stored_at"]
    if times.null_count or not len(times):
        return ALWAYS
    try:
        first, last = (bound.as_py() for bound in pc.min_max(times).values())
        beyond = first - ROUNDED, last + ROUNDED
    except (OverflowError, ValueError):
        # Python has no moment before the year 1 or after 9999.
        return ALWAYS
    at = stored(table.event_time)
    return And((Less(beyond[0], at), Less(at, beyond[1])))


def counted(marked: pa.Table) -> tuple[int, int, int]:
    """How many rows are inserted, updated and deleted."""
    counts = {row["values"]: row["counts"] for row in pc.value_counts(marked["_change"]).to_pylist()}
    return counts.get("insert", 0), counts.get("update", 0), counts.get("delete", 0)


def rows_meeting(name: str, tables: Published, where: Condition) -> int:
    """How many of the table's rows meet the condition."""
    with Snapshot(tables, {name: tables.version(name)}, {name: where}) as seen:
        return int(seen.answer(f"select count(*) as found from {name}")[0]["found"])
