"""Rows of this process's memory as frames of the native engine."""

import tempfile
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession


def frame_of(spark: SparkSession, rows: pa.Table, folder: Path | None = None) -> DataFrame:
    """The rows as a frame, read from a file in `folder`, by default one that ends with the process.

    A frame that held the rows itself would send them to the engine again each time that it is computed.
    """
    with tempfile.NamedTemporaryFile(dir=folder or folder_of_process(), suffix=".parquet", delete=False) as file:
        pq.write_table(rows, file, compression="lz4")
    return spark.read.parquet(file.name)


def folder_of_process() -> Path:
    """A folder for files that nobody needs when the process has ended; it is removed then."""
    return Path(_made().name)


@cache
def _made() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="lakehouse-")
