"""The native store without a session: rows go from the reader of files into the table, and no frame is made of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from pyspark.sql import SparkSession

from libs.store.conditions import Condition
from libs.store.native import NativeStore
from libs.store.port import Store
from libs.store.published import Published, State
from libs.store.staged import Rows, Written
from libs.tables import Table


@dataclass(frozen=True)
class ArrowStore(NativeStore):
    """Bronze tables below a folder. What `before_commit` raises ends the run there."""

    before_commit: Callable[[], object] = field(default=lambda: None, kw_only=True)

    def append(self, table: Table, rows: Rows, state: State | None = None, txn: tuple[str, int] | None = None) -> Written:
        """Add rows."""
        self.before_commit()
        return super().append(table, rows, state, txn)

    def replace_where(self, table: Table, rows: Rows, where: Condition, state: State) -> Written:
        """Replace the rows that meet the condition."""
        self.before_commit()
        return super().replace_where(table, rows, where, state)

    def commit(self, table: Table, state: State) -> Written:
        """Commit the state alone."""
        self.before_commit()
        return super().commit(table, state)


def arrow_store(root: str, before_commit: Callable[[], object] = lambda: None) -> Store:
    """The store at a folder."""
    return ArrowStore(Published(root), cast(SparkSession, None), before_commit=before_commit)
