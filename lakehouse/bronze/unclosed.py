"""Quotes that are never closed: the value that begins with one takes in the lines after it, as far as the next quote.

Where that leaves a row with a wrong number of fields, the parser reports it. Where the number happens to fit (the value is
the last, or ends in its own column some lines later) the lines would be lost inside of a value, silently.
"""

from collections.abc import Sequence
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.bronze.blocks import joined, nulls

# With fewer columns, a line of free text has as many commas as a line of the file too easily.
LEAST_COLUMNS = 4


def with_whole_lines_inside(columns: Sequence[pa.Array], delimiter: str, quote: str) -> pa.Array | None:
    r"""Of the rows whose values hold lines of the file the text, null for the others; None where there are no such rows.

    columns: all that the file has. A value that took in n line breaks took in the delimiters of n lines; free text of
    several lines does that by rare chance, and is then quarantined, from where it can be replayed. Of a file with fewer than
    LEAST_COLUMNS columns, it is text with a backslash before a quote and a delimiter behind it: `5\"` as a value's end, of a
    program that writes backslashes before quotes.
    """
    end = None if len(columns) >= LEAST_COLUMNS else f"\\{quote}{delimiter}"
    # Few values hold a line break at all: the others are not looked at further.
    holds = [_holds_lines(c, delimiter, len(columns) - 1, end) for c in columns if pc.any(pc.match_substring(c, "\n")).as_py()]
    is_held = reduce(pc.or_, holds) if holds else None
    if is_held is None or not pc.any(is_held).as_py():
        return None
    return pc.if_else(is_held, joined(columns, delimiter), pa.scalar(None, pa.string()))


def with_open_end(columns: Sequence[pa.Array], delimiter: str, held: pa.Array | None) -> pa.Array | None:
    """The texts `held`, and that of the last row where the text's end, which is no quote, is in a value of several lines.

    The quote that the value begins with was never closed: its line was cut, or takes in all that follows.
    """
    last = [column[-1:] for column in columns]
    if not len(last[-1]) or not pc.any(pc.match_substring(last[-1], "\n")).as_py():
        return held
    before = nulls(len(columns[0])) if held is None else held
    return pa.concat_arrays([before[:-1], joined(last, delimiter)])


def _holds_lines(column: pa.Array, delimiter: str, delimiters_a_line: int, end: str | None) -> pa.Array:
    text = pc.utf8_rtrim(column, "\r\n")
    breaks = pc.count_substring(text, "\n")
    fits = pc.equal(pc.count_substring(text, delimiter), pc.multiply(breaks, delimiters_a_line))
    if end is not None:
        fits = pc.and_(fits, pc.match_substring(text, end))
    return pc.fill_null(pc.and_(pc.greater(breaks, 0), fits), False)
