"""How a CSV file is written, as far as its first bytes say: encoding, delimiter, quote, escape, rows before the header, header."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse.bronze.text import delimiter_said, marked_encoding

BYTES = 1 << 18
LINES = 200
DELIMITERS = (",", ";", "\t", "|")
# Of windows-1252 these are letters and signs, of ISO-8859-1 control characters, which no text has.
ONLY_WINDOWS = re.compile(rb"[\x80-\x9f]")
VALUE = re.compile(r"[-+]?[0-9][0-9.,:/ T-]*")


@dataclass(frozen=True)
class Guess:
    """What the beginning of a file looks like."""

    encoding: str = "UTF-8"
    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None
    skip_rows: int = 0
    header: bool = True


def guessed(beginning: bytes) -> Guess:
    """The guess, from the first bytes of a file, unpacked."""
    encoding = encoding_of(beginning)
    lines = _lines(beginning, encoding)
    has_single = any(_is_quoted(line, "'") for line in lines) and not any('"' in line for line in lines)
    quote = "'" if has_single else '"'
    delimiter, widths = max(((sign, _widths(lines, sign, quote)) for sign in DELIMITERS), key=lambda pair: _score(pair[1]))
    usual = Counter(width for width in widths if width > 1).most_common(1)
    width = usual[0][0] if usual else 1
    first = next((n for n, found in enumerate(widths) if found == width and lines[n].strip(f"{delimiter}{quote} \t")), 0)
    rows = [row for row in csv.reader(io.StringIO("\n".join(lines[first:])), delimiter=delimiter, quotechar=quote) if row]
    # Lines of blanks and delimiters alone are left out anyway.
    skipped = first if any(line.strip(f"{delimiter}{quote} \t") for line in lines[:first]) else 0
    return Guess(encoding, delimiter, quote, _escape(lines, quote, delimiter), skipped, _has_header(rows))


def encoding_of(beginning: bytes) -> str:
    """A byte order mark's; UTF-8 where the bytes are; UTF-16 where every other is zero; else one of western Europe's."""
    marked = marked_encoding(beginning)
    if marked:
        return marked
    for place, name in ((1, "UTF-16-LE"), (0, "UTF-16-BE")):
        if len(beginning) > 3 and beginning[place::2].count(0) > len(beginning) // 4:
            return name
    try:
        codecs.getincrementaldecoder("UTF-8")().decode(beginning, False)
    except UnicodeDecodeError:
        return "windows-1252" if ONLY_WINDOWS.search(beginning) else "ISO-8859-1"
    return "UTF-8"


def decoded(beginning: bytes, encoding: str) -> str:
    """The text of a file's first bytes, which may end within a character."""
    return codecs.getincrementaldecoder(encoding)("replace").decode(beginning, False).removeprefix("\ufeff")


def _lines(beginning: bytes, encoding: str) -> list[str]:
    text = decoded(beginning, encoding)
    # A line that says the delimiter is left out anyway.
    lines = text.splitlines()[1 if delimiter_said(beginning, encoding) else 0 :]
    return lines[:-1][:LINES] if len(beginning) >= BYTES else lines[:LINES]


def _is_quoted(line: str, quote: str) -> bool:
    return bool(re.search(rf"(^|[,;\t|]){quote}[^{quote}]*{quote}($|[,;\t|])", line))


def _widths(lines: Sequence[str], delimiter: str, quote: str) -> list[int]:
    return [len(next(csv.reader([line], delimiter=delimiter, quotechar=quote), [])) for line in lines]


def _score(widths: Sequence[int]) -> tuple[float, int]:
    """Most lines have as many values; of several such delimiters, the one with the most values."""
    counts = Counter(width for width in widths if width > 1)
    if not counts:
        return 0.0, 0
    width, often = counts.most_common(1)[0]
    return round(often / len(widths), 1), width


def _escape(lines: Sequence[str], quote: str, delimiter: str) -> str | None:
    within = re.compile(rf"(^|{re.escape(delimiter)}){quote}[^{quote}]*\\{quote}[^{quote}{re.escape(delimiter)}]")
    return "\\" if any(within.search(line) for line in lines) else None


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Names are there, none twice, and none of them is a number or a time; where the values below look no other, they are names."""
    if not rows:
        return True
    names = [name.strip() for name in rows[0]]
    return not any(VALUE.fullmatch(name) for name in names) and len(set(names)) == len(names)


def first_row(beginning: bytes, guess: Guess) -> list[str]:
    """The values of the first row that has any, behind the rows that are skipped."""
    lines = _lines(beginning, guess.encoding)[guess.skip_rows :]
    rows = csv.reader(lines, delimiter=guess.delimiter, quotechar=guess.quote, escapechar=guess.escape)
    return next(([value.strip() for value in row] for row in rows if any(value.strip() for value in row)), [])
