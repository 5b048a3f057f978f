"""A file's text as UTF-8, whatever its encoding: a byte that is none of it becomes U+FFFD, a byte order mark is left out."""

import codecs
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Bytes that are decoded at once.
BLOCK = 1 << 20
# The longest line, in bytes: a file without line ends is no CSV and no JSON lines, and would be held in memory as a whole.
LONGEST_LINE = 64 << 20
BYTE_ORDER_MARK = "\ufeff"
LINE_ENDS = b"\r\n"


class TooLong(ValueError):
    """A line or a value is longer than what is held in memory; the message says where and why."""


class Utf8(io.RawIOBase):
    """The text of a binary file that is read from its beginning; its last line ends like the others."""

    def __init__(self, file: BinaryIO, encoding: str, swapped: Mapping[int, str], is_by_line: bool) -> None:
        """Nothing is read yet. encoding: by one of Python's names. swapped: characters to put in the place of others.

        is_by_line: all lines end in LF, for who reads it by lines; there may be empty ones more.
        """
        self._file, self._swapped, self._is_by_line = file, swapped, is_by_line
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._ready = memoryview(b"")
        self._is_beginning, self._is_ended = True, False
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
        text = self._decoder.decode(block, self._is_ended)
        if self._is_beginning and text:
            text, self._is_beginning = text.removeprefix(BYTE_ORDER_MARK), False
        encoded = (text.translate(self._swapped) if self._swapped else text).encode("UTF-8", "replace")
        if self._is_by_line and b"\r" in encoded:
            encoded = encoded.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self._last = encoded[-1:] or self._last
        self._measure(encoded)
        return encoded + b"\n" if self._is_ended and self._last not in LINE_ENDS else encoded

    def _measure(self, encoded: bytes) -> None:
        end = max(encoded.rfind(b"\n"), encoded.rfind(b"\r"))
        self._line = len(encoded) - end if end >= 0 else self._line + len(encoded)
        if self._line > LONGEST_LINE:
            raise TooLong(f"a line is longer than {LONGEST_LINE >> 20} MB")


def as_utf8(
    file: BinaryIO, encoding: str, swapped: Mapping[int, str] | None = None, is_by_line: bool = False
) -> io.BufferedReader:
    """The file's text as a binary file in UTF-8; for the parameters see `Utf8`."""
    return io.BufferedReader(Utf8(file, encoding, swapped or {}, is_by_line), BLOCK)
