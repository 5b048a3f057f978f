"""What a store does, whichever engine reads and writes its tables.

Every write is one Delta commit that carries a *state*, a small JSON object of the caller's (which source versions were
consumed, for which moment): data and state become visible together or not at all. Frames are of the PySpark API.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from libs.store.conditions import Condition
from libs.store.published import State
from libs.store.reader import Reader
from libs.store.staged import Rows, Staging, Written
from libs.store.upkeep import Kept
from libs.tables import Table


class Store(Reader, Protocol):
    """The same tables, read as frames and written; properties and comments are those of the table's declaration.

    A write raises TableError, a line a mismatch, when names or types of the rows are not as declared.
    """

    @property
    def engine(self) -> str:
        """The name of the engine that computes frames (`libs.engines.revisions`)."""

    @property
    def spark(self) -> SparkSession:
        """The session of the frames."""

    def in_own_session(self) -> "Store":
        """The same tables for another thread, whose writes don't disturb these."""

    def staging(self) -> Staging:
        """Where rows are staged for one table's refresh."""

    def read(self, name: str, version: int | None = None) -> DataFrame:
        """The table's rows, of the newest or a named version."""

    def changes(self, name: str, after: int, until: int) -> DataFrame:
        """Rows inserted, deleted, and updated (before and after) by the versions after `after` up to `until`.

        Has the table's columns and `_change_type`, `_commit_version`, `_commit_timestamp`.
        """

    def from_parts(self, parts: Sequence[str], batches_of: Callable[[str], Iterator[pa.RecordBatch]], schema: pa.Schema) -> Rows:
        """Rows that a function makes of each part, such as a file's path: computed where the engine computes, one part a task.

        `batches_of` can be pickled; what it yields has the columns of `schema`, and is never held in memory as a whole. What
        it raises ends the write, with its text in the engine's error.
        """

    def append(self, table: Table, rows: Rows, state: State | None = None, txn: tuple[str, int] | None = None) -> Written:
        """Add rows, and columns that the declaration has gained.

        `txn` (application, number) makes a repeated append of the same number do nothing.
        """

    def overwrite(self, table: Table, rows: Rows, state: State) -> Written:
        """Make `rows` the table, columns included; the version before stays readable by its number."""

    def replace_where(self, table: Table, rows: Rows, where: Condition, state: State) -> Written:
        """Replace exactly the rows that meet the condition by `rows`, which must meet it too."""

    def merge(self, table: Table, rows: Rows, update_when: Condition, state: State) -> Written:
        """Insert the rows whose primary key is new, and update those where `update_when` holds of given and stored row.

        A given row with a true `_deleted`, where that column is present, removes its counterpart. `rows` are read twice.
        Where nothing changes, the state is committed all the same.
        """

    def delete(self, table: Table, where: Condition, state: State) -> Written:
        """Remove the rows that meet the condition."""

    def delete_matching(self, table: Table, keys: DataFrame, on: Sequence[str], state: State) -> Written:
        """Remove the rows that equal one of `keys`, however many, in the columns `on`."""

    def commit(self, table: Table, state: State) -> Written:
        """Commit the state alone: it says what was read, and need not be read again."""

    def keep_up(self, name: str, retain_hours: int) -> Kept:
        """Put small files together, delete files that only versions older than `retain_hours` need, and write a checkpoint.

        Rows and statistics stay as they are, and so does the state: the newest commit repeats it, so that the log may be
        shortened behind it. Several tables may be kept up at once.
        """

    @property
    def has_catalogue(self) -> bool:
        """Whether the engine keeps a catalogue of tables and metric views."""

    def register(self, names: Iterable[str]) -> None:
        """Make the tables known to the engine's catalogue under their names."""
