"""The store of the native engine: frames of a session without a JVM, commits by delta-rs.

Every write is one Delta commit that carries a *state*, as `libs.store.port` says. Rows to write are in this process's memory.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import StructField, StructType

from libs.store.arrow_rows import plain
from libs.store.arrow_writes import ArrowWrites
from libs.store.changes import CHANGE_COLUMNS
from libs.store.conditions import Condition
from libs.store.declared import check_declared
from libs.store.delegated import Delegated
from libs.store.native_files import computed
from libs.store.native_frames import folder_of_process, frame_of, rows_of_files
from libs.store.native_parts import PartRows
from libs.store.native_staging import NativeStaging
from libs.store.published import State
from libs.store.staged import Rows, Written, in_memory
from libs.store.upkeep import Kept
from libs.tables import Table


@dataclass(frozen=True)
class NativeStore(Delegated):
    """The `published` tables, read through a session of the native engine and written by delta-rs (`libs.store.port.Store`)."""

    engine: str = "native"
    # Spark's is brought up to date by the next run on Spark.
    has_catalogue: bool = False

    def in_own_session(self) -> "NativeStore":
        """The same tables: no setting of the session is changed by a write."""
        return self

    def staging(self) -> NativeStaging:
        """Where rows are staged for one table's refresh."""
        return NativeStaging()

    def read(self, name: str, version: int | None = None) -> DataFrame:
        """The table's rows, of the newest or a named version."""
        table = self.published.table(name, version)
        listed = self.files(name, version)
        files = listed.paths if listed.are_on_disk else table.file_uris()
        if files and any(field.type.type == "array" for field in table.schema().fields):
            # Sail can't put files beside each other whose texts within arrays delta-rs wrote differently.
            return frame_of(self.spark, plain(self.arrow(name, version).to_table()))
        columns = [StructField(f.name, f.dataType) for f in self.stored(name, version).fields]
        return rows_of_files(self.spark, files, StructType(columns))

    def changes(self, name: str, after: int, until: int) -> DataFrame:
        """What the versions after `after` up to `until` changed, with Delta's CHANGE_COLUMNS."""
        table = self.published.table(name)
        rows = plain(table.load_cdf(after + 1, until)).select([*self.columns(name), *CHANGE_COLUMNS])
        return frame_of(self.spark, rows)

    def from_parts(
        self, parts: Sequence[str], batches_of: Callable[[str], Iterator[pa.RecordBatch]], schema: pa.Schema
    ) -> PartRows:
        """Rows that a function makes of each part, one part after the other."""
        return PartRows(parts, batches_of, schema, self.spark, folder_of_process())

    def append(self, table: Table, rows: Rows, state: State | None = None, txn: tuple[str, int] | None = None) -> Written:
        """Add rows; `txn` (application, number) makes a repeated append of the same number do nothing."""
        if isinstance(rows, PartRows) and txn is None:
            return Written(*self._writes.commits.append_batches(table, rows.reader(table), state or {}))
        return self._writes.append(table, self._held(table, rows), state or {}, txn)

    def overwrite(self, table: Table, rows: Rows, state: State) -> Written:
        """Make `rows` the table, schema included."""
        return self._writes.overwrite(table, self._held(table, rows), state)

    def replace_where(self, table: Table, rows: Rows, where: Condition, state: State) -> Written:
        """Replace exactly the rows that meet the condition by `rows`, which must meet it too."""
        return self._writes.replace_where(table, self._held(table, rows), where, state)

    def merge(self, table: Table, rows: Rows, update_when: Condition, state: State) -> Written:
        """Insert the rows whose primary key is new, update and delete those whose key is known."""
        return self._writes.merge(table, self._held(table, rows), update_when, state)

    def delete(self, table: Table, where: Condition, state: State) -> Written:
        """Remove the rows that meet the condition."""
        return self._writes.delete(table, where, state)

    def delete_matching(self, table: Table, keys: DataFrame, on: Sequence[str], state: State) -> Written:
        """Remove the rows that equal one of `keys` in the columns `on`."""
        return self._writes.delete_matching(table, keys.select(*on).distinct().toArrow(), on, state)

    def commit(self, table: Table, state: State) -> Written:
        """Commit the state alone."""
        return self._writes.commit(table, state)

    def keep_up(self, name: str, retain_hours: int) -> Kept:
        """Put small files together, delete old ones, write a checkpoint."""
        return self._writes.keep_up(name, retain_hours)

    def register(self, names: Iterable[str]) -> None:
        """There is no catalogue to register them in."""

    @property
    def _writes(self) -> ArrowWrites:
        return ArrowWrites(self.published)

    def _held(self, table: Table, rows: Rows) -> pa.Table:
        """The rows in this process's memory. A frame is judged before it is computed."""
        self.published.opened_before(table.name)
        if not isinstance(rows, DataFrame):
            return in_memory(rows)
        check_declared(table, rows.drop("_deleted").schema)
        return computed(rows)
