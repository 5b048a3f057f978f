"""Ingest: files of a source's table are appended to its bronze table, each file once.

Spark's file stream remembers which paths were taken, in a checkpoint under the lakehouse root. What it finds new is one
batch and one Delta commit, which holds the stream's id and the batch's number: a run that is killed repeats its batch, and
Delta drops the repetition. The stream carries paths alone; the files are then read by the names in their own headers.
A file is known by its path: changed contents are taken under a new name.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from lakehouse.bronze.files import is_url, local_files, stream_path
from lakehouse.bronze.readers import read_again, state_after
from lakehouse.bronze.reading import file_name, form_of, read_files, unreadable
from lakehouse.contract.source import Source
from libs.errors import InputError
from libs.store.port import Store
from libs.tables import LONG, STRING, TIMESTAMP, Arrivals, Column, Table

BINARY_FILE = "path string, modificationTime timestamp, length bigint, content binary"
# The column in which a fixed row holds the hash of the rejected one that it replaces.
REPLACES = "_replaces"
# Spark would pass over files that are a week older than the newest one taken.
ANY_AGE = "36500d"


@dataclass(frozen=True)
class IngestResult:
    """What one run took: rows, names of the files, and remarks for the user."""

    rows: int
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


def bronze_columns(source: Source, table: str) -> list[Column]:
    """The columns of the table's bronze table."""
    fields = source.tables[table].all_fields
    return [
        *[Column(name, STRING, f"{header}, as it came") for name, header in fields.items()],
        Column("_extra", STRING, "columns that the declaration does not name, as a JSON object"),
        Column("_malformed", STRING, "text of a row with a wrong number of fields"),
        Column("_source_file", STRING, "name of the file that the row came in"),
        Column("_ingested_at", TIMESTAMP, "when the row was taken in", "UTC"),
        Column("_batch_id", LONG, "number of the batch that took it"),
        Column(REPLACES, LONG, "of a fixed row: hash of the rejected one that it replaces"),
    ]


def bronze_table(source: Source, table: str) -> Table:
    """The declaration of the table's bronze table."""
    columns = bronze_columns(source, table)
    return Table(source.bronze_name(table), "Rows as they came", columns=columns, primary_key=[], refresh=Arrivals())


def ingest(
    spark: SparkSession, store: Store, source: Source, table: str, data: Path | str, ingested_at: datetime
) -> IngestResult:
    """Append the rows of the table's files in `data` that no run has taken yet; `ingested_at` is in UTC.

    Files whose reader's revision was raised since are read again (`lakehouse.bronze.readers`).

    Raises InputError, one line, when the folder or a file of a table that is not optional is not there, or when a new file
    can't be read or lacks a field; nothing is written then, and the next run tries again.
    """
    path = stream_path(data, source.patterns(table))
    again, notes = read_again(spark, store, source, table, bronze_table(source, table), str(data))
    batches = _Batches(store, source, table, ingested_at)
    stream = spark.readStream.format("binaryFile").schema(BINARY_FILE).option("maxFileAge", ANY_AGE).load(path)
    writer = stream.select("path").writeStream.foreachBatch(batches.take)
    writer = writer.option("checkpointLocation", f"{store.root}/_checkpoints/{source.source}_{table}")
    batches.wait_for(writer.trigger(availableNow=True).start())
    return IngestResult(batches.rows + again, tuple(map(file_name, batches.paths)), (*notes, *_notes(batches, data)))


class _Batches:
    """Writes the stream's batches and remembers what they held. Runs on the driver, in the stream's thread."""

    def __init__(self, store: Store, source: Source, table: str, ingested_at: datetime) -> None:
        self.store, self.source, self.table, self.ingested_at = store, source, table, ingested_at
        self.bronze = bronze_table(source, table)
        self.rows = 0
        self.paths: list[str] = []
        self._query_id: Future[str] = Future()
        self._fault: Exception | None = None

    def wait_for(self, query: StreamingQuery) -> None:
        """Let the query take all that is there. Raises what went wrong in a batch, and not Spark's words around it."""
        self._query_id.set_result(str(query.id))
        try:
            query.awaitTermination()
        except PySparkException:
            if self._fault is None:
                raise
            raise self._fault from None

    def take(self, batch: DataFrame, number: int) -> None:
        """Append the files whose paths are in `batch`."""
        paths = sorted({row.path for row in batch.collect()})
        try:
            self.rows += self._append(batch.sparkSession, paths, number)
        except Exception as error:
            self._fault = error
            raise
        self.paths += paths

    def _append(self, spark: SparkSession, paths: Sequence[str], number: int) -> int:
        if not paths and self.store.exists(self.bronze.name):
            return 0
        rows = self._stamped(read_files(spark, paths, self.table, self.source.tables[self.table]), number)
        try:
            state = state_after(self.store, self.bronze.name, {form_of(path) for path in paths})
            return self.store.append(self.bronze, rows, state, txn=(f"ingest:{self._query_id.result()}", number)).inserted
        except Exception as error:
            raise self._of_file(error, paths) from None

    def _stamped(self, rows: DataFrame, number: int) -> DataFrame:
        stamped = rows.withColumns({"_ingested_at": F.lit(self.ingested_at), "_batch_id": F.lit(number).cast("long")})
        return stamped.withColumn(REPLACES, F.lit(None).cast("long"))

    def _of_file(self, error: Exception, paths: Sequence[str]) -> Exception:
        """Spark's error names the file that it could not read to its end."""
        broken = [path for path in paths if file_name(path) in str(error)]
        return unreadable(broken[0], self.table) if broken else error


def _notes(batches: _Batches, data: Path | str) -> tuple[str, ...]:
    """Raises InputError when no file of a table that must be there was ever taken."""
    source, table = batches.source, batches.table
    if not batches.store.exists(batches.bronze.name):
        missing = f"{data}: table {table}: no file {' or '.join(source.patterns(table)[:3])}"
        if not source.tables[table].optional:
            raise InputError(f"{missing}: put one there, or name another folder in DATA")
        return (f"{missing}; the table is optional and was left out",)
    if is_url(data):
        return ()
    return tuple(f"{p.name}: empty, nothing to take" for p in local_files(data, source, table) if p.stat().st_size == 0)
