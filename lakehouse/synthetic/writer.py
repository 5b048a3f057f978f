"""Files in the published form: one part per chunk and table, all of them visible at once or not at all.

An export is written to a hidden folder beside its own and renamed when it is complete.
"""

import gzip
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from lakehouse.synthetic.parameters import Parameters, calendar_date, epoch_day
from lakehouse.synthetic.rows import Rows
from libs.errors import UserError

# The published files quote every text but in these two.
UNQUOTED_TABLES = ("products", "distribution_centers")
TRUTH = "truth"
GZIP_LEVEL = 1
ROWS_PER_WRITE = 16_384


class OutputError(UserError):
    """The output folder cannot be used; the message says why and what to do."""


class ExportWriter:
    """Writes an export's parts; as a context it publishes them at its end, or removes them after an error.

    Raises OutputError when `out` is not empty or another run writes to it.
    """

    def __init__(self, out: Path, parameters: Parameters) -> None:
        self._out = out.resolve()
        self._parameters = parameters
        self._staging = self._out.parent / f".{self._out.name}.partial"
        self.rows_by_folder: dict[str, Counter[str]] = defaultdict(Counter)

    def __enter__(self) -> "ExportWriter":
        if self._out.exists() and not self._out.is_dir():
            raise OutputError(f"{self._out} is not a folder: name another one")
        if self._out.exists() and any(self._out.iterdir()):
            raise OutputError(f"{self._out} holds files already: name another folder or empty this one")
        try:
            self._staging.mkdir(parents=True)
        except FileExistsError:
            raise OutputError(f"{self._staging} is there: another run writes it, or one broke off; remove it") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self._staging.rename(self._out)
        finally:
            shutil.rmtree(self._staging, ignore_errors=True)

    def write(self, name: str, rows: Rows, part: int) -> None:
        """Writes a chunk's `rows` of table `name`: by day of arrival if a split is asked for, else late ones apart."""
        for folder, label, chosen in self._destinations(rows):
            self._write_part(folder, name, f"{name}{label}-{part:05d}", rows.where(chosen).table)

    def write_shared(self, name: str, table: pa.Table) -> None:
        """Writes a `table` that all chunks share; it arrives before the rest."""
        self._write_part("base" if self._parameters.split_from else "", name, f"{name}-{0:05d}", table)

    def write_truth(self, name: str, content: pa.Table | str) -> None:
        """Writes a file of the truth: a table as Parquet, or a text as it is."""
        path = self._path(TRUTH, name)
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            pyarrow.parquet.write_table(content, path)

    def _destinations(self, rows: Rows) -> Iterator[tuple[str, str, np.ndarray]]:
        """Folder, label in the file's name, and rows of each part; empty parts only where a reader expects one."""
        if self._parameters.split_from is None:
            yield "", "", ~rows.is_late
            if rows.is_late.any():
                yield "", "-late", rows.is_late
            return
        first = epoch_day(self._parameters.split_from)
        yield "base", "", rows.arrival_day < first
        for day in np.unique(rows.arrival_day[rows.arrival_day >= first]):
            yield f"arrivals/{calendar_date(int(day))}", "", rows.arrival_day == day

    def _write_part(self, folder: str, name: str, stem: str, table: pa.Table) -> None:
        path = self._path(folder, f"{stem}.{self._parameters.file_format}")
        if self._parameters.file_format == "parquet":
            pyarrow.parquet.write_table(table, path)
        elif self._parameters.file_format.startswith("jsonl"):
            write_json_lines(table, path)
        else:
            write_csv(table, path, is_quoted=name not in UNQUOTED_TABLES)
        self.rows_by_folder[folder or "."][name] += table.num_rows

    def _path(self, folder: str, file_name: str) -> Path:
        path = self._staging / folder / file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def write_csv(table: pa.Table, path: Path, is_quoted: bool) -> None:
    """Writes CSV as published: an unquoted header, quoted texts if `is_quoted`, `""` for a number that is missing."""
    quoting = "needed" if is_quoted else "none"
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style=quoting, batch_size=ROWS_PER_WRITE)
    with _stream(path) as stream:
        stream.write((",".join(table.column_names) + "\n").encode())
        for part in _by_missing_numbers(table):
            pyarrow.csv.write_csv(part, stream, options)


def write_json_lines(table: pa.Table, path: Path) -> None:
    """Writes an object a line, without the keys whose value is missing."""
    with _stream(path) as stream:
        for batch in table.to_batches(ROWS_PER_WRITE):
            rows = ({name: value for name, value in row.items() if value is not None} for row in batch.to_pylist())
            stream.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


@contextmanager
def _stream(path: Path) -> Iterator[BinaryIO | gzip.GzipFile]:
    with path.open("wb") as plain:
        if path.suffix == ".gz":
            # Neither the time nor the name goes into the file, so that equal content gives equal bytes.
            with gzip.GzipFile("", "wb", GZIP_LEVEL, plain, mtime=0) as packed:
                yield packed
        else:
            yield plain


def _by_missing_numbers(table: pa.Table) -> Iterator[pa.Table]:
    """The table in runs of rows that miss the same numbers; what a run misses is empty text in it."""
    numbers = [name for name in table.column_names if table[name].null_count and not pa.types.is_string(table[name].type)]
    if not numbers:
        yield table
        return
    is_missing = np.column_stack([table[name].is_null().to_numpy() for name in numbers])
    changes = np.flatnonzero((is_missing[1:] != is_missing[:-1]).any(axis=1)) + 1
    for start, end in pairwise([0, *changes.tolist(), table.num_rows]):
        run = table.slice(start, end - start)
        for name in np.array(numbers)[is_missing[start]]:
            run = run.set_column(run.column_names.index(name), name, pa.repeat("", run.num_rows))
        yield run
