"""Frames of the native engine: of a version's files, and of rows in this process's memory."""

import tempfile
from collections.abc import Sequence
from functools import cache, reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType, TimestampType

from libs.engines.parquet import GROUP


def rows_of_files(spark: SparkSession, files: Sequence[str], schema: StructType) -> DataFrame:
    """The rows of Parquet files; columns that a file lacks are null.

    Sail's own reader of Delta tables fails on comments of columns, and its reader of files where some hold times as Spark used to
    write them, as INT96, and others as delta-rs does: those are read separately.
    """
    parts = [spark.read.schema(schema).parquet(*group) for group in _alike(files, schema) if group]
    return reduce(DataFrame.union, parts) if parts else spark.createDataFrame([], schema)


def _alike(files: Sequence[str], schema: StructType) -> tuple[Sequence[str], Sequence[str]]:
    """The files with times of INT96, and the others; of an object store's it is not asked."""
    if len(files) < 2 or "://" in files[0] or not any(isinstance(field.dataType, TimestampType) for field in schema.fields):
        return [], files
    old = {file for file in files if any(c.physical_type == "INT96" for c in _columns(file))}
    return [file for file in files if file in old], [file for file in files if file not in old]


def _columns(file: str) -> Sequence[pq.ColumnSchema]:
    schema = pq.read_metadata(file).schema
    return [schema.column(n) for n in range(len(schema))]


def frame_of(spark: SparkSession, rows: pa.Table, folder: Path | None = None) -> DataFrame:
    """The rows as a frame, read from a file in `folder`, by default one that ends with the process.

    A frame that held the rows itself would send them to the engine again each time that it is computed.
    """
    with tempfile.NamedTemporaryFile(dir=folder or folder_of_process(), suffix=".parquet", delete=False) as file:
        pq.write_table(rows, file, compression="lz4", row_group_size=GROUP)
    return spark.read.parquet(file.name)


def folder_of_process() -> Path:
    """A folder for files that nobody needs when the process has ended; it is removed then."""
    return Path(_made().name)


@cache
def _made() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="lakehouse-")
