"""Rows of a bronze table: which columns it has, and how a file's rows become its rows."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyarrow as pa

from lakehouse.bronze.endings import file_name
from lakehouse.bronze.files import Files, Found
from lakehouse.bronze.reading import check_beginning, read
from lakehouse.bronze.remarks import NAMED, Remark
from lakehouse.contract.source import Source, SourceTable
from libs.errors import InputError, UserError
from libs.tables import BOOLEAN, LONG, STRING, TIMESTAMP, Arrivals, Column, Table

# The column in which a fixed row holds the hash of the rejected one that it replaces.
REPLACES = "_replaces"
# What is said of a file, in an engine's error around it.
REPORTED = re.compile(rf"\b{InputError.__name__}: (.+)")


def bronze_columns(source: Source, table: str) -> list[Column]:
    """The columns of the table's bronze table."""
    fields = source.tables[table].all_fields
    return [
        *[Column(name, STRING, f"{header}, as it came") for name, header in fields.items()],
        Column("_extra", STRING, "columns that the declaration does not name, as a JSON object"),
        Column("_malformed", STRING, "text of a row with a wrong number of fields"),
        Column(
            "_composed",
            BOOLEAN,
            "whether a value came in another form of Unicode than NFC, its composed one; of a fixed row none",
        ),
        Column("_source_file", STRING, "name of the file that the row came in"),
        Column("_file_number", LONG, "place of the file among those of its batch, from 1; of a fixed row none"),
        Column("_row_number", LONG, "number of the row in its file, from 1; of a fixed row none"),
        Column("_ingested_at", TIMESTAMP, "when the row was taken in", "UTC"),
        Column("_batch_id", LONG, "number of the batch that took it"),
        Column(REPLACES, LONG, "of a fixed row: hash of the rejected one that it replaces"),
    ]


def bronze_table(source: Source, table: str) -> Table:
    """The declaration of the table's bronze table."""
    columns = bronze_columns(source, table)
    return Table(source.bronze_name(table), "Rows as they came", columns=columns, primary_key=[], refresh=Arrivals())


@contextmanager
def told_by_engine() -> Iterator[None]:
    """Raise the InputError that an engine ran into while it read files, without the engine's words around it."""
    try:
        yield
    except Exception as error:
        reported = None if isinstance(error, UserError) else REPORTED.search(str(error))
        if reported is None:
            raise
        raise InputError(reported[1].strip()) from None


@dataclass(frozen=True)
class Arrival:
    """When a file was taken, in UTC, by which batch, and its place among the batch's files, from 1."""

    at: datetime
    batch: int
    file_number: int | None = None


@dataclass(frozen=True)
class FileRows:
    """Makes a file's rows: called with a path, it opens the file and yields them as the bronze table has them.

    It can be sent to another process. `name` is the table's within its source.
    """

    files: Files
    name: str
    table: SourceTable
    schema: pa.Schema
    given: Mapping[str, tuple[Found, Arrival]] = field(default_factory=dict)

    def of(self, given: Iterable[tuple[Found, Arrival]]) -> "FileRows":
        """The same of these files, each with its arrival."""
        return replace(self, given={found.path: (found, arrival) for found, arrival in given})

    @property
    def paths(self) -> list[str]:
        """The files' paths, in their order."""
        return list(self.given)

    def check(self) -> list[Remark]:
        """What is to be said of the files before they are read.

        Raises InputError, one line, when some of them are seen by their beginnings not to be the table's.
        """
        remarks: list[Remark] = []
        faults: list[str] = []
        for path in self.given:
            try:
                remarks += self._check(path)
            except InputError as error:
                faults.append(str(error))
        if faults:
            more = f"; and {len(faults) - NAMED:,} files more" if len(faults) > NAMED else ""
            raise InputError("; ".join(faults[:NAMED]) + more)
        return remarks

    def _check(self, path: str) -> list[Remark]:
        with self.files.open(path) as file:
            return check_beginning(file, path, self.name, self.table)

    def __call__(self, path: str) -> Iterator[pa.RecordBatch]:
        """The file's rows. Raises InputError, one line, when it can't be read to its end, or changes meanwhile."""
        found, arrival = self.given[path]
        with self.files.open(path) as file:
            for rows in read(file, path, self.name, self.table):
                yield self._stamped(rows, arrival)
        if self.files.look(path) != found:
            raise InputError(f"{file_name(path)}: table {self.name}: the file changed while it was read: run again")

    def _stamped(self, rows: pa.RecordBatch, arrival: Arrival) -> pa.RecordBatch:
        count, stamps = (
            rows.num_rows,
            {
                "_ingested_at": arrival.at,
                "_batch_id": arrival.batch,
                "_file_number": arrival.file_number,
                REPLACES: None,
            },
        )
        columns = {name: pa.repeat(pa.scalar(value, self.schema.field(name).type), count) for name, value in stamps.items()}
        given = {name: rows.column(name) for name in rows.schema.names} | columns
        return pa.RecordBatch.from_arrays([given[name] for name in self.schema.names], schema=self.schema)
