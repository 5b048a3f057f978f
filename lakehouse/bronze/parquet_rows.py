"""Rows of Parquet files, their values as text (`lakehouse.bronze.as_text`)."""

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow.parquet as pq

from lakehouse.bronze.as_text import as_text
from lakehouse.bronze.blocks import Block, nulls

ROWS = 1 << 16


def parquet_names(file: BinaryIO) -> list[str]:
    """The names of the columns."""
    return list(pq.ParquetFile(file).schema_arrow.names)


def parquet_blocks(file: BinaryIO) -> Iterator[Block]:
    """The rows in their order. What is held in memory is as large as a row group's columns, compressed, at most."""
    opened = pq.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20)
    for batch in opened.iter_batches(ROWS, use_threads=False):
        columns = {name: as_text(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)}
        yield Block(batch.num_rows, columns, nulls(batch.num_rows))
