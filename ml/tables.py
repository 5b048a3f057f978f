"""What the models ask of the tables: `lakehouse.refresh.by_job.Filling` is it, in a run of a job."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa
from pyspark.sql import DataFrame

from libs.store.arrow_rows import arrow_schema
from libs.store.conditions import ALWAYS, Condition
from libs.store.port import Store
from libs.tables import Table

# Called with remarks, of one line each.
Say = Callable[[str], None]


def as_rows(table: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as Arrow, in the table's columns and types."""
    return pa.Table.from_pylist(list(rows), arrow_schema(table))


class Tables(Protocol):
    """The published tables, and how rows of those that jobs fill are published."""

    @property
    def store(self) -> Store:
        """The tables; frames are of the engine that computes."""

    @property
    def say(self) -> Say:
        """Where remarks go."""

    @property
    def moment(self) -> datetime:
        """When the run of the job began, UTC."""

    def as_of(self) -> datetime:
        """The moment that the published metrics are as of, UTC. Raises InputError where no run has finished."""

    def publish(self, table: Table, rows: DataFrame | pa.Table, scope: Condition = ALWAYS, **said: object) -> Any:
        """Make `rows` the rows of the table within `scope`; see `lakehouse.refresh.by_job.Filling.publish`."""
