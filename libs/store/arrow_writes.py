"""Writes of rows that this process holds, whichever engine made them: DuckDB finds what they change, delta-rs commits.

Rows are Arrow tables with the declared columns, in any order; others raise TableError, a line a mismatch. What a method does and
returns is what `libs.store.port.Store` says of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql.pandas.types import from_arrow_schema

from libs.store.arrow_rows import arrow_schema, as_declared
from libs.store.conditions import Condition
from libs.store.declared import check_declared
from libs.store.delta_commits import DeltaCommits
from libs.store.marked import counted, marked_rows, rows_meeting, where_changed
from libs.store.published import Published, State
from libs.store.staged import Written
from libs.store.upkeep import Kept
from libs.tables import Table


@dataclass(frozen=True)
class ArrowWrites:
    """Writes into the `published` tables."""

    published: Published

    def append(self, table: Table, rows: pa.Table, state: State, txn: tuple[str, int] | None = None) -> Written:
        """Add rows; `txn` (application, number) makes a repeated append of the same number do nothing."""
        if txn is not None and self.commits.holds(table, txn):
            return Written(self.published.version(table.name))
        return self._appended(table, _declared(table, rows), state, txn)

    def overwrite(self, table: Table, rows: pa.Table, state: State) -> Written:
        """Make `rows` the table, schema included."""
        before = self.published.row_count(table.name) if self.published.exists(table.name) else 0
        new = _declared(table, rows)
        order = table.event_time or (table.slice_column if table.is_sliced_by_day else None)
        if order:
            # Readers and writes of some days, and merges of late rows, pass over the files of all others.
            new = new.sort_by(order)
        return Written(self.commits.overwrite(table, new, state), new.num_rows, deleted=before)

    def replace_where(self, table: Table, rows: pa.Table, where: Condition, state: State) -> Written:
        """Replace exactly the rows that meet the condition by `rows`, which must meet it too."""
        new, deleted = _declared(table, rows), rows_meeting(table.name, self.published, where)
        if not deleted:
            return self._appended(table, new, state)
        return Written(self.commits.overwrite_where(table, new, where, state), new.num_rows, deleted=deleted)

    def merge(self, table: Table, rows: pa.Table, update_when: Condition, state: State) -> Written:
        """Insert the rows whose primary key is new, update and delete those whose key is known."""
        _check(table, rows)
        marked = marked_rows(table, rows, self.published, update_when)
        inserted, updated, deleted = counted(marked)
        new = as_declared(table, marked)
        if not updated and not deleted:
            # No row of the table changes: none of its files has to be looked for and written again.
            return self._appended(table, new, state)
        changing = new.append_column("_change", marked["_change"])
        version = self.commits.merge(table, changing, where_changed(table, marked), state)
        return Written(version, inserted, updated, deleted)

    def delete(self, table: Table, where: Condition, state: State) -> Written:
        """Remove the rows that meet the condition."""
        deleted = rows_meeting(table.name, self.published, where)
        return Written(self.commits.delete(table, where, state), deleted=deleted) if deleted else self.commit(table, state)

    def delete_matching(self, table: Table, keys: pa.Table, on: Sequence[str], state: State) -> Written:
        """Remove the rows that equal one of `keys`, which are distinct, in the columns `on`."""
        version, deleted = self.commits.delete_matching(table, keys, on, state)
        return Written(version, deleted=deleted) if deleted else self.commit(table, state)

    def commit(self, table: Table, state: State) -> Written:
        """Commit the state alone."""
        return self._appended(table, arrow_schema(table).empty_table(), state)

    def keep_up(self, name: str, retain_hours: int) -> Kept:
        """Put small files together, delete old ones, write a checkpoint."""
        before = self.published.size(name)
        deleted = self.commits.keep_up(name, retain_hours)
        return Kept.of(name, before, self.published.size(name), deleted)

    @property
    def commits(self) -> DeltaCommits:
        """What makes the commits."""
        return DeltaCommits(self.published)

    def _appended(self, table: Table, new: pa.Table, state: State, txn: tuple[str, int] | None = None) -> Written:
        return Written(self.commits.append(table, new, state, txn), new.num_rows)


def _declared(table: Table, rows: pa.Table) -> pa.Table:
    _check(table, rows)
    return as_declared(table, rows)


def _check(table: Table, rows: pa.Table) -> None:
    """The rows may have `_deleted` besides."""
    check_declared(table, from_arrow_schema(pa.schema([field for field in rows.schema if field.name != "_deleted"])))
