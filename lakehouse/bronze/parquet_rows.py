"""Rows of Parquet files, their values as text (`lakehouse.bronze.as_text`)."""

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.bronze.as_text import as_text, intervals, is_binary
from lakehouse.bronze.blocks import Block, nulls

ROWS = 1 << 16
# The index of a pandas frame, which is no column of its data: rows would differ by their places in a file.
INDEX = re.compile(r"__index_level_[0-9]+__")
# Types that say by numbers or bytes what these alone do not tell.
EXTENSION = b"ARROW:extension:name"
UNKNOWN = ("pandas.period",)
VARIANT = {"metadata", "value"}


class NoText(ValueError):
    """A column is of a type whose values have no text; the message names both."""


def parquet_names(file: BinaryIO) -> list[str]:
    """The names of the columns of data."""
    return [name for name in pq.ParquetFile(file).schema_arrow.names if not INDEX.fullmatch(name)]


def untold(file: BinaryIO) -> Mapping[str, str]:
    """The columns whose values have no text, with their types."""
    return {field.name: kind for field in pq.ParquetFile(file).schema_arrow if (kind := _untold(field)) is not None}


def _untold(field: pa.Field) -> str | None:
    named = field.type.extension_name if isinstance(field.type, pa.BaseExtensionType) else None
    named = named or (field.metadata or {}).get(EXTENSION, b"").decode()
    if named in UNKNOWN:
        return named
    if pa.types.is_struct(field.type) and {part.name for part in field.type if is_binary(part.type)} >= VARIANT:
        return "variant"
    return None


def parquet_blocks(file: BinaryIO) -> Iterator[Block]:
    """The rows in their order. What is held in memory is as large as a row group's columns, compressed, at most.

    Times of the older form (INT96) are taken to the microsecond, so that years far from ours are among them. Raises NoText.
    """
    opened = pq.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20, coerce_int96_timestamp_unit="us")
    left_out = {field.name for field in opened.schema_arrow if INDEX.fullmatch(field.name) or _untold(field) is not None}
    leaves = (opened.schema.column(number) for number in range(len(opened.schema)))
    are_intervals = {leaf.path for leaf in leaves if leaf.converted_type == "INTERVAL"}
    for batch in _batches(opened):
        columns = {
            name: _texts(name, column, name in are_intervals)
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
            if name not in left_out
        }
        yield Block(batch.num_rows, columns, nulls(batch.num_rows))


def _batches(opened: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    """Damage is another error, of the system: what is invalid here are values that Arrow makes nothing of, in a file that is whole."""
    try:
        yield from opened.iter_batches(ROWS, use_threads=False)
    except pa.ArrowInvalid as error:
        field = next((field for field in opened.schema_arrow if not _is_readable(opened, field.name)), None)
        # A column of plain values is damaged: Arrow makes something of all of these.
        if field is None or not pa.types.is_nested(field.type):
            raise
        raise NoText(f"column {field.name} of type {field.type} can't be read ({str(error).splitlines()[0]})") from None


def _is_readable(opened: pq.ParquetFile, column: str) -> bool:
    try:
        for _ in opened.iter_batches(ROWS, columns=[column], use_threads=False):
            pass
    except pa.ArrowInvalid:
        return False
    return True


def _texts(name: str, column: pa.Array, are_intervals: bool) -> pa.Array:
    try:
        return intervals(column) if are_intervals else as_text(column)
    except (pa.ArrowException, ValueError, OverflowError):
        raise NoText(f"column {name} has values of type {column.type} that can't be written as text") from None
