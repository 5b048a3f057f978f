"""Quotes that are never closed: the value that begins with one takes in the lines after it, as far as the next quote.

Where that leaves a row with a wrong number of fields, Spark reports it itself. Where the number happens to fit (the value
is the last, or ends in its own column some lines later) the lines would be lost inside of a value, silently.
"""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

# With fewer columns, a line of free text has as many commas as a line of the file too easily.
LEAST_COLUMNS = 4


def whole_lines_inside(names: Sequence[str], delimiter: str) -> Column:
    """Whether one of the columns `names`, all that the file has, holds lines of the file.

    A value that took in n line breaks took in the delimiters of n lines; free text of several lines does that by rare
    chance, and is then quarantined, from where it can be replayed.
    """
    if len(names) < LEAST_COLUMNS:
        return F.lit(False)
    return reduce(Column.__or__, [_holds_lines(name, delimiter, len(names) - 1) for name in names])


def _holds_lines(name: str, delimiter: str, delimiters_a_line: int) -> Column:
    value = F.col("`" + name.replace("`", "``") + "`")
    text = F.rtrim(value, F.lit("\r\n"))
    fits = _count(text, delimiter) == _count(text, "\n") * delimiters_a_line
    # Few values hold a line break at all: the others are not looked at further.
    return F.coalesce(F.contains(value, F.lit("\n")) & (_count(text, "\n") > 0) & fits, F.lit(False))


def _count(text: Column, part: str) -> Column:
    return F.length(text) - F.length(F.replace(text, F.lit(part), F.lit("")))
