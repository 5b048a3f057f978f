"""Rows that a function makes of parts, on their way into a table: no more than a batch of them is in memory."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession

from libs.store.arrow_rows import arrow_schema
from libs.store.native_staging import ArrowRows
from libs.tables import Table, TableError

BatchesOf = Callable[[str], Iterator[pa.RecordBatch]]


class PartRows(ArrowRows):
    """Rows of `parts`, made again each time that they are written; asked for as a whole they are kept in memory."""

    def __init__(self, parts: Sequence[str], batches_of: BatchesOf, schema: pa.Schema, spark: SparkSession, folder: Path) -> None:
        """Nothing is made yet."""
        super().__init__(lambda: pa.Table.from_batches(self._batches(), schema), spark, folder)
        self._parts, self._batches_of, self._schema = list(parts), batches_of, schema

    def reader(self, table: Table) -> pa.RecordBatchReader:
        """The rows as the table declares them. Raises TableError when their columns are others."""
        wanted = arrow_schema(table)
        if not self._schema.equals(wanted):
            raise TableError(f"{table.name}: rows of {self._schema.names}, declared are {wanted.names}")
        named = (pa.RecordBatch.from_arrays(batch.columns, schema=wanted) for batch in self._batches())
        return pa.RecordBatchReader.from_batches(wanted, named)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        for part in self._parts:
            yield from self._batches_of(part)
