"""The store by Spark: rows are read and written through one session, the log is read without it.

Staged rows that are few are written by this process itself: their job and their commit would cost Spark more than the rows do.

Every write is one Delta commit that carries a *state*, a small JSON object of the caller's (which source versions were
consumed, for which moment): data and state become visible together or not at all.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
from delta.tables import DeltaTable
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession

from libs.settings.config import Settings
from libs.store.arrow_writes import ArrowWrites
from libs.store.conditions import Condition
from libs.store.declared import commented
from libs.store.delegated import Delegated
from libs.store.dialects import spark_sql
from libs.store.properties import table_properties
from libs.store.published import Commit, Published, State
from libs.store.spark_catalogue import SparkCatalogue
from libs.store.spark_rows import KINDS, arranged, as_frame, delete_matching, marked_rows, merge, rows_of_parts, writer_of
from libs.store.spark_staging import KeptRows, SparkStaging
from libs.store.spark_state import committing
from libs.store.spark_upkeep import keep_up
from libs.store.staged import Rows, Written
from libs.store.upkeep import Kept
from libs.tables import Table

# More files than this Spark lists in a job of its own.
FEW_FILES = 32

# Of a table with so many rows this process itself finds those that a write changes, and puts its files together.
SMALL_TABLE = 1_000_000


@dataclass(frozen=True)
class SparkStore(Delegated):
    """The `published` tables, read and written through a session (`libs.store.port.Store`)."""

    engine: str = "spark"
    has_catalogue: bool = True
    few_rows: int = 50_000

    @classmethod
    def opened(cls, settings: Settings, spark: SparkSession) -> "SparkStore":
        """The tables that the settings name, through that session; fewer than `spark.few_rows` are written without a job."""
        return cls(Published.of(settings), spark, few_rows=settings.spark.few_rows)

    def in_own_session(self) -> "SparkStore":
        """The same tables through a session of its own, whose settings nobody else changes."""
        return replace(self, spark=self.spark.newSession())

    def staging(self) -> SparkStaging:
        """Where rows are staged for one table's refresh."""
        return SparkStaging(self.few_rows)

    def read(self, name: str, version: int | None = None) -> DataFrame:
        """The table's rows, of the newest or a named version.

        A few files are read as they are: Delta's own reader takes Spark a second for each version of a table, to look for files
        that a filter could skip.
        """
        files = self.files(name, version).paths
        if files and len(files) <= FEW_FILES:
            return self.spark.read.schema(self.stored(name, version)).parquet(*files)
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return reader.load(self.path(name))

    def changes(self, name: str, after: int, until: int) -> DataFrame:
        """What the versions after `after` up to `until` changed, with Delta's CHANGE_COLUMNS."""
        reader = self.spark.read.format("delta").option("readChangeFeed", "true")
        return reader.option("startingVersion", after + 1).option("endingVersion", until).load(self.path(name))

    def from_parts(
        self, parts: Sequence[str], batches_of: Callable[[str], Iterator[pa.RecordBatch]], schema: pa.Schema
    ) -> DataFrame:
        """Rows that a function makes of each part, on the executors, one part a task."""
        return rows_of_parts(self.spark, parts, batches_of, schema)

    def append(self, table: Table, rows: Rows, state: State | None = None, txn: tuple[str, int] | None = None) -> Written:
        """Add rows; `txn` (application, number) makes a repeated append of the same number do nothing."""
        held = self._few(table, rows)
        if held is not None:
            return self._writes.append(table, held, state or {}, txn)
        before = self.version(table.name) if txn is not None and self.exists(table.name) else None
        writer = writer_of(table, as_frame(self.spark, rows), state or {}).mode("append").option("mergeSchema", "true")
        if txn is not None:
            writer = writer.option("txnAppId", txn[0]).option("txnVersion", txn[1])
        commit = self._saved(table, writer)
        return Written(commit.version, 0 if commit.version == before else _inserted(commit))

    def overwrite(self, table: Table, rows: Rows, state: State) -> Written:
        """Make `rows` the table, schema included."""
        held = self._few(table, rows)
        if held is not None:
            return self._writes.overwrite(table, held, state)
        before = self.row_count(table.name) if self.exists(table.name) else 0
        frame = arranged(self.spark, table, rows)
        if self.exists(table.name) and not table_properties(table).items() <= self.properties(table.name).items():
            commit = self._replaced(table, frame, state)
        else:
            writer = writer_of(table, frame, state).mode("overwrite").option("overwriteSchema", "true")
            commit = self._saved(table, writer)
        return Written(commit.version, _inserted(commit), deleted=before)

    def replace_where(self, table: Table, rows: Rows, where: Condition, state: State) -> Written:
        """Replace exactly the rows that meet the condition by `rows`, which must meet it too."""
        held = self._few(table, rows)
        if held is not None and self._is_small(table.name):
            return self._writes.replace_where(table, held, where, state)
        writer = writer_of(table, as_frame(self.spark, rows), state).mode("overwrite").option("replaceWhere", spark_sql(where))
        commit = self._saved(table, writer)
        return Written(commit.version, _inserted(commit), deleted=commit.metrics.get("numDeletedRows", 0))

    def merge(self, table: Table, rows: Rows, update_when: Condition, state: State) -> Written:
        """Insert the rows whose primary key is new, update and delete those whose key is known."""
        with self.staging() as staging:
            if self._is_small(table.name):
                rows = staging.keep(rows) if isinstance(rows, DataFrame) else rows
                held = self._few(table, rows)
                if held is not None:
                    return self._writes.merge(table, held, update_when, state)
            counts = {kind: f"count_if(_change = '{kind}')" for kind in KINDS}
            marked = staging.keep(marked_rows(table, as_frame(self.spark, rows), self.read(table.name), update_when), **counts)
            inserted, updated, deleted = (marked.figure(kind) for kind in KINDS)
            if not updated and not deleted:
                # No row of the table changes: none of its files has to be looked for and written again.
                return self.append(table, marked.rows.drop("_change", "_deleted"), state)
            with committing(self.spark, state):
                merge(table, self._delta(table), marked.rows)
        return Written(self.published.renew(table.name).version, inserted, updated, deleted)

    def delete(self, table: Table, where: Condition, state: State) -> Written:
        """Remove the rows that meet the condition."""
        if self._is_small(table.name):
            return self._writes.delete(table, where, state)
        with committing(self.spark, state):
            self._delta(table).delete(spark_sql(where))
        commit = self.published.renew(table.name)
        return Written(commit.version, deleted=commit.metrics.get("numDeletedRows", 0))

    def delete_matching(self, table: Table, keys: DataFrame, on: Sequence[str], state: State) -> Written:
        """Remove the rows that equal one of `keys` in the columns `on`."""
        with self.staging() as staging:
            distinct = staging.keep(keys.select(*on).distinct())
            held = distinct.few() if self._is_small(table.name) else None
            if held is not None:
                return self._writes.delete_matching(table, held, on, state)
            with committing(self.spark, state):
                delete_matching(self._delta(table), distinct.rows, on)
        commit = self.published.renew(table.name)
        return Written(commit.version, deleted=commit.metrics.get("numTargetRowsDeleted", 0))

    def commit(self, table: Table, state: State) -> Written:
        """Commit the state alone."""
        return self._writes.commit(table, state)

    def keep_up(self, name: str, retain_hours: int) -> Kept:
        """Put small files together, delete old ones, write a checkpoint."""
        if self._is_small(name):
            return self._writes.keep_up(name, retain_hours)
        return keep_up(self.spark.newSession(), self.published, name, retain_hours)

    def register(self, names: Iterable[str]) -> None:
        """Make the tables known to the Spark catalogue under their names."""
        SparkCatalogue(self.spark, self.published).register(names)

    @property
    def _writes(self) -> ArrowWrites:
        return ArrowWrites(self.published)

    def _few(self, table: Table, rows: Rows) -> pa.Table | None:
        """The rows where this process holds them, or can."""
        self.published.opened_before(table.name)
        if isinstance(rows, KeptRows):
            return rows.few()
        return rows if isinstance(rows, pa.Table) else None

    def _is_small(self, name: str) -> bool:
        return self.few_rows > 0 and self.row_count(name) <= SMALL_TABLE

    def _delta(self, table: Table) -> DeltaTable:
        return DeltaTable.forPath(self.spark, self.path(table.name))

    def _replaced(self, table: Table, rows: DataFrame, state: State) -> Commit:
        """Overwrite the properties too: a plain overwrite keeps them, and fails where they name a column that is gone."""
        writer = commented(table, rows).writeTo(f"delta.`{self.path(table.name)}`").using("delta")
        for key, value in table_properties(table).items():
            writer = writer.tableProperty(key, value)
        with committing(self.spark, state):
            writer.createOrReplace()
        return self.published.renew(table.name)

    def _saved(self, table: Table, writer: DataFrameWriter) -> Commit:
        writer.save(self.path(table.name))
        return self.published.renew(table.name)


def _inserted(commit: Commit) -> int:
    """Rows that a commit of Spark's wrote, without those that it copied from one file to another; it counts none where none came."""
    return commit.metrics.get("numOutputRows", 0) - commit.metrics.get("numCopiedRows", 0)
