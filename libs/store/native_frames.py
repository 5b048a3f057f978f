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
    with tempfile.NamedTemporaryFile(dir=folder or _of_process().name, suffix=".parquet", delete=False) as file:
        pq.write_table(rows, file, compression="lz4")
    return spark.read.parquet(file.name)


@cache
def _of_process() -> tempfile.TemporaryDirectory[str]:
    """A folder that is removed when the process ends."""
    return tempfile.TemporaryDirectory(prefix="lakehouse-")
