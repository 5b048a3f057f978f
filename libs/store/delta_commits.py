"""Commits by delta-rs: each carries a state, and leaves the rows that it changed where the table keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, Transaction, WriterProperties, write_deltalake
from deltalake.table import TableMerger

from libs.engines.parquet import GROUP
from libs.store.conditions import ALWAYS, GIVEN, STORED, And, Condition, Equal, given, stored
from libs.store.dialects import datafusion_sql
from libs.store.properties import table_properties
from libs.store.published import Published, State, packed
from libs.store.upkeep import DELTA_MINIMUM_HOURS
from libs.tables import Table

# Engines read row groups side by side; delta-rs's own, of a million rows, leave one core to work.
FILES = WriterProperties(compression="SNAPPY", max_row_group_size=GROUP)

# A merge writes each file again of which it changes a row: smaller ones leave more as it is. Delta-rs's own size is 100 MB.
FILE_BYTES = 16 << 20


@dataclass(frozen=True)
class DeltaCommits:
    """Writes Arrow rows, as declared, into the `published` tables. Each method returns the version that it made."""

    published: Published

    def holds(self, table: Table, txn: tuple[str, int]) -> bool:
        """Whether the application's transaction of that number, or a later one, is in the table: delta-rs does not look."""
        if not self.published.exists(table.name):
            return False
        done = self.published.table(table.name).transaction_version(txn[0])
        return done is not None and done >= txn[1]

    def append(self, table: Table, rows: pa.Table, state: State, txn: tuple[str, int] | None = None) -> int:
        """Add rows, and columns that the declaration has gained; without rows the state is committed alone."""
        return self._write(table, rows, _carrying(state, txn), mode="append", schema_mode="merge")

    def append_batches(self, table: Table, rows: pa.RecordBatchReader, state: State) -> tuple[int, int]:
        """Add rows as they are read; also returns how many they were."""
        version = self._write(table, rows, _carrying(state), mode="append", schema_mode="merge")
        return version, self.published.renew(table.name).metrics["num_added_rows"]

    def overwrite(self, table: Table, rows: pa.Table, state: State) -> int:
        """Make `rows` the table, columns and properties included."""
        self._renew_properties(table)
        return self._write(table, rows, _carrying(state), mode="overwrite", schema_mode="overwrite")

    def overwrite_where(self, table: Table, rows: pa.Table, where: Condition, state: State) -> int:
        """Replace the rows that meet the condition."""
        return self._write(table, rows, _carrying(state), mode="overwrite", schema_mode="merge", predicate=datafusion_sql(where))

    def merge(self, table: Table, marked: pa.Table, where: Condition, state: State) -> int:
        """Do with every row what its `_change` says: insert, update or delete the stored row of its key, which meets the condition.

        Files of which the log says that none of their rows meets it are not read.
        """
        values = {name: f'{GIVEN}."{name}"' for name in table.column_names}
        merging = self._merging(table, marked, table.primary_key, state, where)
        merging = merging.when_matched_delete(f"{GIVEN}._change = 'delete'")
        merging = merging.when_matched_update(values, f"{GIVEN}._change = 'update'")
        merging.when_not_matched_insert(values, f"{GIVEN}._change = 'insert'").execute()
        return self.published.renew(table.name).version

    def delete(self, table: Table, where: Condition, state: State) -> int:
        """Remove the rows that meet the condition; without such rows nothing is committed."""
        self.published.table(table.name).delete(
            datafusion_sql(where), writer_properties=FILES, commit_properties=_carrying(state)
        )
        return self.published.renew(table.name).version

    def delete_matching(self, table: Table, keys: pa.Table, on: Sequence[str], state: State) -> tuple[int, int]:
        """Remove the rows that equal one of `keys`, which are distinct, in the columns `on`; also returns how many.

        Without such rows nothing is committed.
        """
        found = self._merging(table, keys, on, state).when_matched_delete().execute()
        return self.published.renew(table.name).version, int(found["num_target_rows_deleted"])

    def keep_up(self, name: str, retain_hours: int) -> int:
        """Put small files together, delete old ones, write a checkpoint; returns how many files were deleted.

        The newest commits repeat the state.
        """
        carrying = _carrying(self.published.last_commit(name).state or {})
        table = self.published.table(name)
        table.optimize.compact(target_size=FILE_BYTES, commit_properties=carrying, writer_properties=FILES)
        enforced = retain_hours >= DELTA_MINIMUM_HOURS
        deleted = table.vacuum(retain_hours, False, enforced, commit_properties=carrying)
        self.published.renew(name)
        table.create_checkpoint()
        table.cleanup_metadata()
        return len(deleted)

    def _write(self, table: Table, rows: pa.Table | pa.RecordBatchReader, carrying: CommitProperties, **how: Any) -> int:
        exists = self.published.exists(table.name)
        keeps_schema = exists and how.get("schema_mode") == "merge"
        write_deltalake(
            self.published.table(table.name) if exists else self.published.path(table.name),
            rows.cast(self._with_stored_comments(table, rows.schema)) if keeps_schema else rows,
            configuration=None if exists else table_properties(table),
            storage_options=self.published.storage,
            commit_properties=carrying,
            writer_properties=FILES,
            target_file_size=FILE_BYTES,
            **how,
        )
        return self.published.renew(table.name).version

    def _with_stored_comments(self, table: Table, schema: pa.Schema) -> pa.Schema:
        """delta-rs refuses rows whose columns are described in other words than the table's, which stay until it is overwritten."""
        stored = {field.name: field.metadata.get("comment") for field in self.published.table(table.name).schema().fields}
        known = {name: {"comment": comment} for name, comment in stored.items() if comment is not None}
        return pa.schema([field.with_metadata(known.get(field.name, field.metadata)) for field in schema])

    def _merging(self, table: Table, rows: pa.Table, on: Sequence[str], state: State, where: Condition = ALWAYS) -> TableMerger:
        same = datafusion_sql(
            And((*(Equal(given(column), stored(column)) for column in on), *([] if where == ALWAYS else [where])))
        )
        target = self.published.table(table.name)
        return target.merge(rows, same, GIVEN, STORED, writer_properties=FILES, commit_properties=_carrying(state))

    def _renew_properties(self, table: Table) -> None:
        """Before the rows are written: a run that ends in between finds the table as it was and writes it again."""
        if not self.published.exists(table.name):
            return
        wanted, known = table_properties(table), self.published.properties(table.name)
        if not wanted.items() <= known.items():
            self.published.table(table.name).alter.set_table_properties(wanted)
            self.published.renew(table.name)


def _carrying(state: State, txn: tuple[str, int] | None = None) -> CommitProperties:
    transactions = [Transaction(app_id=txn[0], version=txn[1])] if txn is not None else None
    return CommitProperties(custom_metadata={"userMetadata": packed(state)}, app_transactions=transactions)
