"""JSON lines: a JSON object a line (jsonlines.org), in UTF-8; several of one line, as streams that end no lines write them, are as many rows.

Values become text from which they can be had back: numbers as they are written, objects and arrays as JSON with their keys
in order. A key that a line does not have is null. Lines of blanks alone are none. A line is malformed that is no object,
names a key twice, or has something between or behind objects but a comma. Keys of the object are in Unicode's composed form, NFC.
"""

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.bronze.blocks import Block
from lakehouse.bronze.spelling import composed_name
from lakehouse.bronze.text import BYTE_ORDER_MARK

# Bytes of lines that are read at once.
BLOCK = 4 << 20
BEGINNING = 4096
BETWEEN = re.compile(r"[ \t]*,?[ \t]*")
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
    found = [(line, _objects(line)) for line in lines]
    rows: list[Mapping[str, Any]] = [row for _, objects in found for row in (objects or [{}])]
    declared = frozenset(headers)
    columns = {header: _or_null(texts([row.get(header) for row in rows])) for header in headers}
    extra = texts([None if row.keys() <= declared else _rest(row, declared) for row in rows])
    malformed = texts([text for line, objects in found for text in ([line] if objects is None else [None] * len(objects))])
    return Block(len(rows), columns, malformed, extra)


def _objects(line: str) -> list[Mapping[str, Any]] | None:
    """The objects of a line; None where it has anything else but a comma behind each."""
    found, at = [], 0
    try:
        while at < len(line):
            value, end = _decode(line, at)
            found.append(_object(value, line))
            behind = BETWEEN.match(line, end) if end < len(line) else None
            at = end if behind is None else behind.end()
    except (ValueError, RecursionError):
        return None
    return found


def _object(value: Any, line: str) -> Mapping[str, Any]:
    """The keys and values, objects and arrays among them as JSON. Raises NoObject for what is none."""
    if not isinstance(value, dict):
        raise NoObject
    if "\\u" in line or not line.isascii():
        value = _unique([(composed_name(key), item) for key, item in value.items()])
    is_nested = any(isinstance(item, dict | list) for item in value.values())
    return {key: _text(item) for key, item in value.items()} if is_nested else value


def _rest(row: Mapping[str, Any], declared: frozenset[str]) -> str:
    rest = {key: _text(row[key]) for key in sorted(row.keys() - declared)}
    return json.dumps(rest, ensure_ascii=False, separators=(",", ":"))


def _or_null(column: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NoObject
    return found


def _no_number(name: str) -> None:
    """NaN and Infinity are none in JSON."""
    raise NoObject(name)


_decode = json.JSONDecoder(object_pairs_hook=_unique, parse_int=Number, parse_float=Number, parse_constant=_no_number).raw_decode


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


def texts(values: Sequence[Any]) -> pa.Array:
    """Values of JSON as an Arrow array of texts. Half of a pair of surrogates, which JSON can write and no text can have, becomes U+FFFD."""
    try:
        # Nearly all values are texts or null: only where one is not are they looked at.
        return pa.array(values, pa.string())
    except (pa.ArrowException, UnicodeEncodeError):
        found = [_text(value) for value in values]
        return pa.array([text and _without_halves(text) for text in found], pa.string())


def _without_halves(text: str) -> str:
    return text.encode("UTF-16-LE", "surrogatepass").decode("UTF-16-LE", "replace")
