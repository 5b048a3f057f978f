"""Rows of CSV files whose values may hold line breaks, and of those whose values may not (`multiline: false`).

Where no value goes beyond its line, a quote that is not closed costs its line alone. Elsewhere the value takes in what
follows up to the next quote, and the row is malformed, with its text (`lakehouse.bronze.unclosed`).
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.bronze.blocks import Block
from lakehouse.bronze.csv_parser import Dialect, Inserted, no_text
from lakehouse.bronze.text import TooLong
from lakehouse.bronze.unclosed import with_open_end, with_whole_lines_inside

# Bytes that are parsed at once, and the longest row where values may hold line breaks.
BLOCK = 4 << 20
# Bytes of lines that are parsed at once.
LINES = 4 << 20


def csv_blocks(
    text: io.BufferedReader, names: Sequence[str], dialect: Dialect, has_header: bool, is_multiline: bool
) -> Iterator[Block]:
    """The rows of the text, behind the first one where that is the header; `names` are those of its columns.

    Raises TooLong for a row that is longer than BLOCK, and what reading the file raises.
    """
    behind = 1 if has_header else 0
    if names:
        yield from _rows(text, names, dialect, behind) if is_multiline else _rows_of_lines(text, names, dialect, behind)


def _rows(text: io.BufferedReader, names: Sequence[str], dialect: Dialect, behind: int) -> Iterator[Block]:
    invalid: list[Any] = []
    before = behind
    none = pa.RecordBatch.from_arrays([pa.array([], pa.string()) for _ in names], names=list(map(str, range(len(names)))))
    for batch, is_last in _with_last(chain(_batches(text, len(names), invalid, dialect, behind), [none])):
        count = 0
        while count < len(invalid) and invalid[count].number <= before + batch.num_rows + count + 1:
            count += 1
        due, invalid[:count] = invalid[:count], []
        inserted = _inserted(due, before + 1, len(names), dialect)
        held = with_whole_lines_inside(batch.columns, dialect.delimiter, dialect.quote)
        before += batch.num_rows + count
        is_last &= not invalid and not (due and due[-1].number == before)
        if is_last and dialect.marks.last != dialect.quote.encode():
            held = with_open_end(batch.columns, dialect.delimiter, held)
        yield dialect.block(names, batch.columns, no_text(batch.columns) if held is None else held, inserted)


def _with_last(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[pa.RecordBatch, bool]]:
    """Each batch that has rows, and the last one, with whether no row comes behind it."""
    waiting = None
    for batch in batches:
        if waiting is not None and batch.num_rows:
            yield waiting, False
        if waiting is None or batch.num_rows:
            waiting = batch
    if waiting is not None:
        yield waiting, True


def _batches(
    text: io.BufferedReader, columns: int, invalid: list[Any], dialect: Dialect, behind: int
) -> Iterator[pa.RecordBatch]:
    rows = 0
    try:
        for batch in dialect.opened(text, columns, invalid, BLOCK, behind):
            rows += batch.num_rows
            yield batch
    except pa.ArrowInvalid as error:
        if "straddling" not in str(error):
            raise
        raise TooLong(f"a row behind row {rows} is longer than {BLOCK >> 20} MB: a quote is not closed there") from None


def _rows_of_lines(text: io.BufferedReader, names: Sequence[str], dialect: Dialect, behind: int) -> Iterator[Block]:
    for _ in range(behind):
        text.readline()
    while lines := text.readlines(LINES):
        yield from _of_lines(lines, names, dialect)


def _of_lines(lines: list[bytes], names: Sequence[str], dialect: Dialect) -> Iterator[Block]:
    """The rows of the lines, parsed at once; where a quote is not closed in its line, half of them at once, and so on."""
    invalid: list[Any] = []
    columns = dialect.parsed(b"".join(lines), len(names), invalid)
    held = [_holds_line_ends(column) for column in columns]
    is_closed = not any(held) and not any("\n" in row.text for row in invalid)
    if len(lines) > 1 and not is_closed:
        yield from _of_lines(lines[: len(lines) // 2], names, dialect)
        yield from _of_lines(lines[len(lines) // 2 :], names, dialect)
        return
    malformed = no_text(columns)
    if any(held):
        columns = [_without_line_end(column) for column in columns]
        malformed = pa.array([lines[0].decode().rstrip("\n")] * len(columns[0]), pa.string())
    yield dialect.block(names, columns, malformed, _inserted(invalid, 1, len(names), dialect))


def _inserted(invalid: Sequence[Any], first: int, columns: int, dialect: Dialect) -> list[Inserted]:
    """The rows that the parser left out of a block; `first` is its number of the block's first row."""
    values = dialect.values([(row.text, row.actual_columns) for row in invalid], columns)
    return [Inserted(row.number - first, found, row.text) for row, found in zip(invalid, values, strict=True)]


def _without_line_end(column: pa.Array) -> pa.Array:
    text = pc.utf8_rtrim(column, "\n")
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _holds_line_ends(column: pa.Array) -> bool:
    return bool(pc.any(pc.match_substring(column, "\n")).as_py())
