"""As much of a store as ingestion needs, by delta-rs alone: rows go from the reader into the table without an engine."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, cast

import pyarrow as pa
from deltalake import CommitProperties, write_deltalake

from libs.store.arrow_rows import arrow_schema
from libs.store.conditions import Condition
from libs.store.dialects import datafusion_sql
from libs.store.port import Store
from libs.store.published import Published, State, packed
from libs.store.staged import Rows, Written
from libs.tables import Table


@dataclass(frozen=True)
class ArrowStore(Published):
    """Bronze tables below a folder. What `before_commit` raises ends the run there."""

    before_commit: Callable[[], object] = field(default=lambda: None, kw_only=True)

    def from_parts(self, parts: Sequence[str], batches_of: Callable[[str], Iterator[pa.RecordBatch]], schema: pa.Schema) -> Rows:
        """A reader of all batches."""
        batches = chain.from_iterable(map(batches_of, parts))
        return cast(Rows, pa.RecordBatchReader.from_batches(schema, batches))

    def append(self, table: Table, rows: Rows, state: State) -> Written:
        """Add rows, and columns that the declaration has gained."""
        return self._written(table, rows, state, mode="append", schema_mode="merge")

    def replace_where(self, table: Table, rows: Rows, where: Condition, state: State) -> Written:
        """Replace the rows that meet the condition."""
        return self._written(table, rows, state, mode="overwrite", predicate=datafusion_sql(where))

    def commit(self, table: Table, state: State) -> Written:
        """Commit the state alone."""
        return self.append(table, self.from_parts([], lambda _: iter(()), arrow_schema(table)), state)

    def _written(self, table: Table, rows: Rows, state: State, **how: Any) -> Written:
        self.before_commit()
        properties = CommitProperties({"userMetadata": packed(state)})
        write_deltalake(self.path(table.name), cast(Any, rows), commit_properties=properties, **how)
        commit = self.renew(table.name)
        return Written(commit.version, inserted=commit.metrics["num_added_rows"])


def arrow_store(root: str, before_commit: Callable[[], object] = lambda: None) -> Store:
    """The store at a folder."""
    return cast(Store, ArrowStore(root, before_commit=before_commit))
