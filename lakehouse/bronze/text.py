"""A file's text as UTF-8, whatever its encoding: a byte that is none of it becomes U+FFFD.

A byte order mark is left out, and says the encoding of the file that begins with it, whatever is declared.
"""

import codecs
import io
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from lakehouse.bronze.quotes import Marks

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Bytes that are decoded at once.
BLOCK = 1 << 20
# The longest line, in bytes: a file without line ends is no CSV and no JSON lines, and would be held in memory as a whole.
LONGEST_LINE = 64 << 20
BYTE_ORDER_MARK = "\ufeff"
LINE_ENDS = b"\r\n"
LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r(?!\Z))")
# Of UTF-8: the bytes of a character behind its first one, and first ones.
LATER_OF_SEVERAL, FIRST_OF_SEVERAL, FIRST_OF_THREE, FIRST_OF_FOUR = 0x80, 0xC0, 0xE0, 0xF0
# The longer marks first: UTF-16's is the beginning of UTF-32's.
MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF8: "UTF-8",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


# By a line of its own spreadsheets say how the others are divided.
DELIMITER_SAID = re.compile(r"""["']?sep=(.)["']?[\r\n]""", re.IGNORECASE)


class TooLong(ValueError):
    """A line or a value is longer than what is held in memory; the message says where and why."""


@dataclass(frozen=True)
class Lead:
    """The lines at a text's beginning that are left out: as many as `rows`, then all that have nothing but blanks and `marks`."""

    rows: int = 0
    marks: str | None = None

    def behind(self, text: str, left_out: int, is_whole: bool) -> tuple[str, int, bool]:
        """The text behind those lines, how many were left out now and before, and whether they are all.

        is_whole: whether nothing more follows the text.
        """
        at = 0
        while line := LINE.match(text, at):
            if not self._leaves_out(line[1], left_out):
                return text[at:], left_out, True
            at, left_out = line.end(), left_out + 1
        rest = text[at:]
        if is_whole and self._leaves_out(rest, left_out):
            return "", left_out, True
        return rest, left_out, is_whole

    def _leaves_out(self, line: str, left_out: int) -> bool:
        if left_out < self.rows:
            return True
        return self.marks is not None and not line.translate(dict.fromkeys(map(ord, self.marks + BYTE_ORDER_MARK))).strip()


NO_LEAD = Lead()


class Utf8(io.RawIOBase):
    """The text of a binary file that is read from its beginning; its last line ends like the others."""

    def __init__(
        self, file: BinaryIO, encoding: str, swapped: Mapping[int, str], is_by_line: bool, lead: Lead, marks: Marks | None
    ) -> None:
        """Nothing is read yet. encoding: by one of Python's names. swapped: characters to put in the place of others.

        is_by_line: all lines end in LF, for who reads it by lines; there may be empty ones more. lead: what is left out first.
        marks: what is marked in the text.
        """
        self._file, self._swapped, self._is_by_line = file, swapped, is_by_line
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._is_utf8 = codecs.lookup(encoding).name == "utf-8"
        # Text that is UTF-8 is not decoded: `split` is a character's beginning at a block's end, `given` what is decoded after all.
        self._may_pass, self._split, self._given = False, b"", b""
        self._lead, self._left_out, self._held = lead, 0, ""
        self._marks = marks
        self._ready = memoryview(b"")
        self._is_beginning, self._is_ended, self._is_led = True, False, lead == NO_LEAD
        self._last, self._line = b"\n", 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill the buffer as far as there is text. Raises TooLong, and what reading the file raises."""
        while not self._ready and not self._is_ended:
            self._ready = memoryview(self._next())
        target = memoryview(buffer).cast("B")
        size = min(len(target), len(self._ready))
        target[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def _next(self) -> bytes:
        block = self._file.read(BLOCK)
        self._is_ended = not block
        encoded = self._as_it_is(block) if self._may_pass else None
        if encoded is None:
            encoded = self._encoded(block)
        if self._is_by_line and b"\r" in encoded:
            encoded = encoded.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if self._marks is not None:
            encoded = self._marks.put(encoded, self._is_ended)
        self._last = encoded[-1:] or self._last
        self._measure(encoded)
        return encoded + b"\n" if self._is_ended and self._last not in LINE_ENDS else encoded

    def _as_it_is(self, block: bytes) -> bytes | None:
        """What is UTF-8 already, as far as its characters are whole; None where it is not, from where on all is decoded."""
        data, self._split = self._split + block, b""
        end = len(data) if self._is_ended else len(data) - _split_behind(data)
        if _is_utf8(data, end):
            self._split = data[end:]
            return data[:end]
        self._may_pass, self._given = False, data
        return None

    def _encoded(self, block: bytes) -> bytes:
        block, self._given = self._given or block, b""
        text = self._decoded(block)
        if not self._is_led:
            text = self._behind_lead(text)
        self._may_pass = self._is_led and self._is_utf8 and not self._swapped and not self._decoder.getstate()[0]
        return (text.translate(self._swapped) if self._swapped else text).encode("UTF-8", "replace")

    def _decoded(self, block: bytes) -> str:
        if not self._is_beginning:
            return self._decoder.decode(block, self._is_ended)
        named = marked_encoding(block)
        if named is not None:
            self._decoder, self._is_utf8 = codecs.getincrementaldecoder(named)("replace"), named == "UTF-8"
        self._is_beginning = False
        return self._decoder.decode(block, self._is_ended).removeprefix(BYTE_ORDER_MARK)

    def _behind_lead(self, text: str) -> str:
        """Empty until a line came that stays; the text from there on then."""
        held = self._held + text
        rest, self._left_out, self._is_led = self._lead.behind(held, self._left_out, self._is_ended)
        self._held = "" if self._is_led else rest
        if len(self._held) > LONGEST_LINE:
            raise TooLong(f"a line is longer than {LONGEST_LINE >> 20} MB")
        return rest if self._is_led else ""

    def _measure(self, encoded: bytes) -> None:
        end = max(encoded.rfind(b"\n"), encoded.rfind(b"\r"))
        self._line = len(encoded) - end if end >= 0 else self._line + len(encoded)
        if self._line > LONGEST_LINE:
            raise TooLong(f"a line is longer than {LONGEST_LINE >> 20} MB")


def delimiter_said(beginning: bytes, encoding: str) -> str | None:
    """The delimiter that a file's first line says, given the file's first bytes; None where it says none."""
    decoder = codecs.getincrementaldecoder(marked_encoding(beginning) or encoding)("replace")
    said = DELIMITER_SAID.match(decoder.decode(beginning).removeprefix(BYTE_ORDER_MARK))
    return said[1] if said else None


def marked_encoding(beginning: bytes) -> str | None:
    """The encoding that a byte order mark says; None without one."""
    return next((encoding for mark, encoding in MARKS.items() if beginning.startswith(mark)), None)


def _split_behind(data: bytes) -> int:
    """How many bytes at the end are the beginning of a character."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte >= FIRST_OF_SEVERAL:
            return back if back < (2 if byte < FIRST_OF_THREE else 3 if byte < FIRST_OF_FOUR else 4) else 0
        if byte < LATER_OF_SEVERAL:
            return 0
    return 0


def _is_utf8(data: bytes, end: int) -> bool:
    ends = pa.py_buffer(struct.pack("=ii", 0, end))
    try:
        pa.StringArray.from_buffers(1, ends, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def as_utf8(
    file: BinaryIO,
    encoding: str,
    swapped: Mapping[int, str] | None = None,
    is_by_line: bool = False,
    lead: Lead = NO_LEAD,
    marks: Marks | None = None,
) -> io.BufferedReader:
    """The file's text as a binary file in UTF-8; for the parameters see `Utf8`."""
    return io.BufferedReader(Utf8(file, encoding, swapped or {}, is_by_line, lead, marks), BLOCK)
