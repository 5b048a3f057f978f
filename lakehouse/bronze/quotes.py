r"""Quotes of CSV text that the parser would not read as they were meant, marked in the text before it is parsed.

With an escape declared (a backslash, mostly) one that is before no quote and no other escape is no escape: it stays.

Without one, a quote within a quoted value that is followed by text closes the value for the parser, which glues the text to it:
`"{\"plan\":1}"`, of a program that puts a backslash before quotes, would become `{\plan\":1}"`, and `"3.5" disk"` `3.5 disk"`.
Which quotes these are is seen when a value is there: the others stand in values that are not quoted, and are text.
"""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Characters that no text has: Unicode keeps them for use within programs.
LAST_LINE_END = ord("\r")
LONE, BEHIND = "\ufdd0", "\ufdd1"


class Marks:
    """Marks in the text of one file."""

    mark = ""

    def __init__(self) -> None:
        """None is set yet."""
        self.found = False
        self.last = b""

    def put(self, text: bytes, is_ended: bool) -> bytes:
        """The next part of the text in UTF-8, as far as it can be judged, with marks; `last` is its last byte that ends no line."""
        self.last = text.rstrip(b"\r\n")[-1:] or self.last
        return self._put(text, is_ended)

    def _put(self, text: bytes, is_ended: bool) -> bytes:
        raise NotImplementedError

    def closed_early(self, columns: Sequence[pa.Array]) -> pa.Array | None:
        """Whether a row's values have text behind a closing quote; None where no row has."""
        raise NotImplementedError

    def out(self, text: str) -> str:
        """The text without marks."""
        raise NotImplementedError

    def out_of(self, texts: pa.Array) -> pa.Array:
        """The texts without marks."""
        return pc.replace_substring(texts, self.mark, self.out(self.mark)) if self.found else texts


class LoneEscapes(Marks):
    """Takes escapes that escape nothing away from the parser, for which they would vanish."""

    mark = LONE

    def __init__(self, escape: str, quote: str) -> None:
        """Escape and quote: as the parser takes them, ASCII characters."""
        super().__init__()
        self._escape, self._held = escape.encode(), b""
        either = re.escape(self._escape) + re.escape(quote.encode())
        self._pattern = re.compile(re.escape(self._escape) + b"([" + either + b"])?")

    def _put(self, text: bytes, is_ended: bool) -> bytes:
        data, self._held = self._held + text, b""
        if self._escape not in data:
            return data
        if not is_ended and (len(data) - len(data.rstrip(self._escape))) % 2:
            data, self._held = data[:-1], self._escape
        return self._pattern.sub(self._marked, data)

    def _marked(self, found: re.Match[bytes]) -> bytes:
        if found[1]:
            return found[0]
        self.found = True
        return LONE.encode()

    def closed_early(self, columns: Sequence[pa.Array]) -> pa.Array | None:
        """See Marks; where an escape is declared, nothing is judged."""
        return None

    def out(self, text: str) -> str:
        """See Marks."""
        return text.replace(LONE, self._escape.decode())


class StrayQuotes(Marks):
    """Marks the quotes that have text on both sides."""

    mark = BEHIND

    def __init__(self, delimiter: str, quote: str) -> None:
        """Delimiter and quote: as the parser takes them, ASCII characters."""
        super().__init__()
        self._quote, self._held, self._before = quote.encode(), b"", b"\n"
        self._delimiter = delimiter.encode()
        self._closing = rf"(?s)(^|[^{re.escape(quote)}]){BEHIND}.*\S"

    def _put(self, text: bytes, is_ended: bool) -> bytes:
        data, self._held = self._held + text, b""
        if not is_ended and data.endswith(self._quote):
            data, self._held = data[:-1], self._quote
        if not data:
            return data
        first, self._before = self._before, data[-1:]
        return self._marked(data, first) if self._quote in data else data

    def _marked(self, data: bytes, first: bytes) -> bytes:
        """first: the byte before the data."""
        signs = np.frombuffer(first + data + b"\n", np.uint8)
        is_quote = signs == self._quote[0]
        is_edge = is_quote | (signs == self._delimiter[0])
        is_edge |= signs <= LAST_LINE_END
        is_stray = is_quote[1:-1] > (is_edge[:-2] | is_edge[2:])
        if not is_stray.any():
            return data
        self.found = True
        mark = np.frombuffer(BEHIND.encode(), np.uint8)
        behind = np.flatnonzero(is_stray) + 1
        return np.insert(signs[1:-1], np.repeat(behind, len(mark)), np.tile(mark, len(behind))).tobytes()

    def closed_early(self, columns: Sequence[pa.Array]) -> pa.Array | None:
        """See Marks. Blanks behind a closing quote are no text."""
        if not self.found:
            return None
        hit = [pc.fill_null(pc.match_substring_regex(c, self._closing), False) for c in columns]
        any_hit = hit[0]
        for more in hit[1:]:
            any_hit = pc.or_(any_hit, more)
        return any_hit if pc.any(any_hit).as_py() else None

    def out(self, text: str) -> str:
        """See Marks."""
        return text.replace(BEHIND, "")
