"""The one CSV dialect: Arrow's parser with a table's delimiter, quote and escape; each value as text, an empty one null, quoted or not.

A quote counts at the beginning of a value and is doubled within, or behind the escape where one is declared; lines end in LF,
CR LF or CR; empty lines are none. A row with text behind a closing quote is malformed (`lakehouse.bronze.quotes`).
"""

import codecs
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from lakehouse.bronze.blocks import Block, joined, nulls
from lakehouse.bronze.quotes import LoneEscapes, Marks, StrayQuotes

# The names are looked for in that many bytes.
BEGINNING = 1 << 16
LAST_ASCII = "\x7f"
# Characters of text files that stand for delimiter and quote where the parser can't take these.
STAND_INS = ("\x1f", "\x1e")


@dataclass(frozen=True)
class Inserted:
    """A row that the parser left out: its place in the block, from 0, its values, and its text where it is malformed."""

    place: int
    values: Sequence[str | None]
    malformed: str | None


@dataclass(frozen=True)
class Dialect:
    """Delimiter, quote and escape as the parser takes them, one ASCII character each, for one file.

    marks: those that are put into its text.
    swapped: what the text's characters are exchanged for, and its values' back, where the declared ones are no ASCII.
    """

    delimiter: str
    quote: str
    escape: str | None
    marks: Marks
    swapped: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, delimiter: str, quote: str, escape: str | None) -> "Dialect":
        """The dialect of a file, given what its table declares."""
        signs = [(delimiter, STAND_INS[0]), (quote, STAND_INS[1])]
        pairs = [pair for pair in signs if pair[0] > LAST_ASCII]
        swapped = {ord(one): other for pair in pairs for one, other in (pair, pair[::-1])}
        delimiter, quote = (sign.translate(swapped) for sign, _ in signs)
        marks = LoneEscapes(escape, quote) if escape else StrayQuotes(delimiter, quote)
        return cls(delimiter, quote, escape, marks, swapped)

    def names(self, beginning: bytes) -> list[str]:
        """The values in the first line of a text that begins so; none where it holds nothing but line ends."""
        if not beginning.strip(b"\r\n"):
            return []
        named = pa_csv.open_csv(
            io.BytesIO(beginning[:BEGINNING] + b"\n"),
            read_options=pa_csv.ReadOptions(use_threads=False, block_size=BEGINNING + 2),
            parse_options=self._parsing([]),
        )
        return [self.marks.out(name).translate(self.swapped).strip() for name in named.schema.names]

    def opened(
        self, text: io.BufferedReader, columns: int, invalid: list[Any], block: int, behind: int
    ) -> pa_csv.CSVStreamingReader:
        """The rows behind the first `behind` ones of the text; those with another number of columns go to `invalid`.

        block: bytes that are parsed at once; no row may be longer.
        """
        return pa_csv.open_csv(
            text,
            read_options=_reading(columns, block, skip_rows_after_names=behind),
            parse_options=self._parsing(invalid),
            convert_options=_converting(columns),
        )

    def parsed(self, text: bytes, columns: int, invalid: list[Any]) -> list[pa.Array]:
        """The columns of the rows of the text; rows with another number of them go to `invalid`."""
        if text.startswith(codecs.BOM_UTF8):
            # The parser would leave it out: it is the text of a value here, behind the file's beginning.
            text = b"\n" + text
        table = pa_csv.read_csv(
            io.BytesIO(text),
            read_options=_reading(columns, len(text) + 1),
            parse_options=self._parsing(invalid),
            convert_options=_converting(columns),
        )
        return [column.combine_chunks() for column in table.columns]

    def values(self, texts: Sequence[tuple[str, int]], columns: int) -> list[list[str | None]]:
        """The first `columns` values of each row, given as text with the number of values that it has; missing ones are null."""
        by_width: dict[int, list[int]] = defaultdict(list)
        for place, (_, width) in enumerate(texts):
            by_width[width].append(place)
        found: list[list[str | None]] = [[] for _ in texts]
        for width, places in by_width.items():
            lines = "\n".join(texts[place][0] for place in places)
            arrays = [array.to_pylist() for array in self.parsed(lines.encode(), width, [])[:columns]]
            for row, place in enumerate(places):
                found[place] = [array[row] for array in arrays] + [None] * (columns - width)
        return found

    def block(
        self, names: Sequence[str], columns: Sequence[pa.Array], malformed: pa.Array, inserted: Iterable[Inserted]
    ) -> Block:
        """The rows with the inserted ones among them, under the names of their columns."""
        early = self.marks.closed_early(columns)
        if early is not None:
            malformed = pc.if_else(early, pc.coalesce(malformed, joined(columns, self.delimiter)), malformed)
        columns, malformed = _with(list(inserted), columns, malformed)
        if self.marks.found:
            *columns, malformed = (self.marks.out_of(array) for array in (*columns, malformed))
        if self.swapped:
            *columns, malformed = (self._swapped_back(array) for array in (*columns, malformed))
        return Block(len(malformed), dict(zip(names, columns, strict=True)), malformed)

    def _swapped_back(self, array: pa.Array) -> pa.Array:
        return pa.array([text and text.translate(self.swapped) for text in array.to_pylist()], pa.string())

    def _parsing(self, invalid: list[Any]) -> pa_csv.ParseOptions:
        def leave_out(row: Any) -> str:
            invalid.append(row)
            return "skip"

        return pa_csv.ParseOptions(
            delimiter=self.delimiter,
            quote_char=self.quote,
            escape_char=self.escape or False,
            newlines_in_values=True,
            invalid_row_handler=leave_out,
        )


def _names(columns: int) -> list[str]:
    return [str(number) for number in range(columns)]


def _reading(columns: int, block: int, skip_rows_after_names: int = 0) -> pa_csv.ReadOptions:
    """By numbers, since a file may call several columns alike. In threads the parser does not number the rows."""
    return pa_csv.ReadOptions(
        use_threads=False, block_size=block, column_names=_names(columns), skip_rows_after_names=skip_rows_after_names
    )


def _converting(columns: int) -> pa_csv.ConvertOptions:
    return pa_csv.ConvertOptions(
        column_types=dict.fromkeys(_names(columns), pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )


def _with(inserted: list[Inserted], columns: Sequence[pa.Array], malformed: pa.Array) -> tuple[list[pa.Array], pa.Array]:
    if not inserted:
        return list(columns), malformed
    places = np.array([row.place for row in inserted])
    order = np.full(len(malformed) + len(inserted), -1)
    order[places] = len(malformed) + np.arange(len(inserted))
    order[order < 0] = np.arange(len(malformed))
    more = [pa.array([row.values[n] for row in inserted], pa.string()) for n in range(len(columns))]
    texts = pa.array([row.malformed for row in inserted], pa.string())
    together = [pa.concat_arrays(pair).take(order) for pair in zip([*columns, malformed], [*more, texts], strict=True)]
    return together[:-1], together[-1]


def no_text(columns: Sequence[pa.Array]) -> pa.Array:
    """No row of these is malformed."""
    return nulls(len(columns[0]))
