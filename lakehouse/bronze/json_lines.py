"""JSON lines: a JSON object a line (jsonlines.org), in UTF-8.

Values become text from which they can be had back: numbers as they are written, objects and arrays as JSON with their keys
in order. A key that a line does not have is null. Lines of blanks alone are none. A line is malformed that is no object,
names a key twice, or has something behind the object.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from lakehouse.bronze.blocks import Block
from lakehouse.bronze.text import BYTE_ORDER_MARK

# Bytes of lines that are read at once.
BLOCK = 4 << 20
BEGINNING = 4096
encoded_text = json.encoder.encode_basestring


class Number(str):
    """A number as it is written."""

    __slots__ = ()


class NoObject(ValueError):
    """A line is no JSON object."""


def json_blocks(text: io.BufferedReader, headers: Sequence[str]) -> Iterator[Block]:
    """The values of the lines of `text`, each of which ends in LF, under the keys `headers`, the others as `extra`."""
    while lines := text.readlines(BLOCK):
        given = [line.decode().strip().removeprefix(BYTE_ORDER_MARK) for line in lines]
        yield _block([line for line in given if line], headers)


def is_array(text: io.BufferedReader) -> bool:
    """Whether the text begins like a JSON array, which is not JSON lines; nothing of it is used up."""
    beginning = text.peek(BEGINNING)[:BEGINNING].decode("UTF-8", "replace")
    return beginning.lstrip(BYTE_ORDER_MARK + " \t\r\n").startswith("[")


def _block(lines: Sequence[str], headers: Sequence[str]) -> Block:
    rows = [_object(line) for line in lines]
    declared = frozenset(headers)
    columns = {header: texts([row.get(header) or None if row else None for row in rows]) for header in headers}
    extra = texts([_rest(row, declared) if row else None for row in rows])
    malformed = texts([line if row is None else None for line, row in zip(lines, rows, strict=True)])
    return Block(len(lines), columns, malformed, extra)


def _object(line: str) -> Mapping[str, str | None] | None:
    """Key and text of each value; None for what is no object."""
    try:
        found = _decode(line)
        return {key: _text(value) for key, value in found.items()} if isinstance(found, dict) else None
    except (ValueError, RecursionError):
        return None


def _rest(row: Mapping[str, str | None], declared: frozenset[str]) -> str | None:
    rest = {key: row[key] for key in sorted(row.keys() - declared)}
    return json.dumps(rest, ensure_ascii=False, separators=(",", ":")) if rest else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NoObject
    return found


def _no_number(name: str) -> None:
    """NaN and Infinity are none in JSON."""
    raise NoObject(name)


_decode = json.JSONDecoder(object_pairs_hook=_unique, parse_int=Number, parse_float=Number, parse_constant=_no_number).decode


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    """The value as JSON, without blanks, its numbers as they were written."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Number():
            return value
        case str():
            return encoded_text(value)
        case dict():
            return "{" + ",".join(f"{encoded_text(key)}:{_json(value[key])}" for key in sorted(value)) + "}"
        case _:
            return "[" + ",".join(map(_json, value)) + "]"


def texts(values: Iterable[str | None]) -> pa.Array:
    """Texts as an Arrow array. Half of a pair of surrogates, which JSON can write and no text can have, becomes U+FFFD."""
    given = list(values)
    try:
        return pa.array(given, pa.string())
    except UnicodeEncodeError:
        return pa.array([text and _without_halves(text) for text in given], pa.string())


def _without_halves(text: str) -> str:
    return text.encode("UTF-16-LE", "surrogatepass").decode("UTF-16-LE", "replace")
