"""Staging on the native engine: rows are computed once, into files or this process's memory."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
from pyspark.sql import DataFrame, SparkSession

from libs.once import Once
from libs.sql.translated import duckdb_of
from libs.store import arrow_counts
from libs.store.native_files import ComputedFiles
from libs.store.native_frames import frame_of

NO_FIGURES: Mapping[str, str] = {}


class NativeStaging:
    """One refresh's staged rows (`libs.store.staged.Staging`), in Parquet files of a folder that ends with the staging."""

    def __init__(self) -> None:
        """Nothing is staged yet."""
        self._folder = tempfile.TemporaryDirectory(prefix="lakehouse-")

    def keep(self, rows: DataFrame, **figures: str) -> "FileRows":
        """The rows, computed when they are first asked for."""
        return FileRows(rows, Path(self._folder.name), figures)

    def passing(self, rows: DataFrame, **figures: str) -> "FileRows":
        """The rows, kept likewise: this engine can't count rows on their way."""
        return self.keep(rows, **figures)

    def without_plan(self, rows: DataFrame) -> DataFrame:
        """The rows as they were computed once."""
        return self.keep(rows).rows

    def __enter__(self) -> "NativeStaging":
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


class ArrowRows:
    """Rows in memory; what is asked of them DuckDB answers."""

    def __init__(
        self, compute: Callable[[], pa.Table], spark: SparkSession, folder: Path, figures: Mapping[str, str] = NO_FIGURES
    ) -> None:
        """Nothing is computed yet."""
        self.arrow = Once(compute)
        self._frame = Once(lambda: frame_of(spark, self.arrow(), folder))
        self._figures = Once(lambda: _figures(self._asked, figures))

    @property
    def rows(self) -> DataFrame:
        """The rows as a frame that does not compute them again."""
        return self._frame()

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.arrow().num_rows

    def figure(self, name: str) -> int:
        """The aggregate of that name."""
        return self._figures()[name]

    def counts(self, wanted: Mapping[str, str]) -> dict[str, int]:
        """SQL aggregates that count something, by name."""
        return arrow_counts.counts(self.arrow(), wanted)

    def grouped(self, where: str, by: Mapping[str, str], aggregate: str) -> pa.Table:
        """The aggregate as column `value`, over the rows that meet `where`."""
        return arrow_counts.grouped(self.arrow(), where, by, aggregate)

    def examples(self, where: str, columns: Sequence[str], limit: int) -> pa.Table:
        """Some of the rows that meet `where`."""
        return arrow_counts.examples(self.arrow(), where, columns, limit)

    def repeated(self, columns: Sequence[str], limit: int) -> pa.Table:
        """Some of the values of the columns that several rows have."""
        return arrow_counts.repeated(self.arrow(), columns, limit)

    @property
    def _asked(self) -> ds.Dataset:
        """What figures are computed of."""
        return ds.dataset(self.arrow())


class FileRows(ArrowRows):
    """Rows that the engine computes into files, from which they are taken into memory where that is asked for."""

    def __init__(self, rows: DataFrame, folder: Path, figures: Mapping[str, str]) -> None:
        """Nothing is computed yet."""
        super().__init__(lambda: self._files().arrow(), rows.sparkSession, folder, figures)
        self._files = Once(lambda: ComputedFiles(rows, folder))

    @property
    def rows(self) -> DataFrame:
        """The rows as a frame that does not compute them again."""
        return self._files().frame

    @property
    def uncounted(self) -> DataFrame:
        """The same: they are counted in their files."""
        return self.rows

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._files().count

    @property
    def _asked(self) -> ds.Dataset:
        return self._files().dataset


def _figures(rows: ds.Dataset, wanted: Mapping[str, str]) -> dict[str, int]:
    aggregates = ", ".join(duckdb_of(aggregate) for aggregate in wanted.values())
    with arrow_counts.asked(rows) as connection:
        found = connection.execute(f"select {aggregates} from staged").fetchall()[0]
    return {name: int(value or 0) for name, value in zip(wanted, found, strict=True)}
