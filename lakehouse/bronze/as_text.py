"""Arrow values, such as Parquet holds, as text from which they can be had back, in forms that contracts read.

Nothing is rounded: decimals have all their digits, floating-point numbers the fewest that name them, as Python writes them
(`1001.0`, `12345678.0`, `1e+16`); NaN means no value and is null. Timestamps are ISO in UTC with the fraction that they have
(`2026-03-13 10:00:00.123456789`), durations seconds (`5400.5`), intervals of months, days and seconds ISO (`P1M2DT3.5S`).
UUIDs are written with hyphens. Binary values that are UTF-8 without control characters are that text, others base64. Lists,
maps and structs are JSON.
"""

import base64
import math
import re
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.bronze.json_lines import encoded_text

UUID = "arrow.uuid"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Between these Python writes a floating-point number without an exponent.
PLAIN_FROM, PLAIN_BELOW = 1e-4, 1e16
NO_JSON_NUMBERS = ("inf", "-inf")
SECONDS = {"s": 0, "ms": 3, "us": 6, "ns": 9}


def as_text(array: pa.Array) -> pa.Array:
    """The values as text; null stays null. Raises pa.ArrowException for types that have no text."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _each(array.storage, _uuid) if kind.extension_name == UUID else as_text(array.storage)
    if pa.types.is_dictionary(kind):
        return as_text(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return as_text(pc.run_end_decode(array))
    if pa.types.is_nested(kind):
        return pa.array(_json(array), pa.string())
    if is_binary(kind):
        return _binary(array)
    if pa.types.is_floating(kind):
        return _floating(array)
    if pa.types.is_temporal(kind):
        return _temporal(array)
    return _decimal(array) if pa.types.is_decimal(kind) else _valid(array.cast(pa.string()))


def _valid(texts: pa.Array) -> pa.Array:
    """Files may hold bytes as text that are no UTF-8: these become U+FFFD, as in other forms of files."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return _each(texts.cast(pa.binary()), lambda value: value.decode("UTF-8", "replace"))
    return texts


def intervals(array: pa.Array) -> pa.Array:
    """Parquet's intervals, 12 bytes each: months, days and milliseconds, little-endian."""

    def read(value: bytes) -> str:
        months, days, milliseconds = (int.from_bytes(value[at : at + 4], "little") for at in (0, 4, 8))
        return _interval(months, days, milliseconds * 10**6)

    return _each(array, read)


def is_binary(kind: pa.DataType) -> bool:
    """Whether values are bytes that are said to be nothing else."""
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(test(kind) for test in tests)


def _each(array: pa.Array, text: Callable[[Any], str | None]) -> pa.Array:
    return pa.array([None if value is None else text(value) for value in array.to_pylist()], pa.string())


def _uuid(value: bytes) -> str:
    return str(uuid.UUID(bytes=value))


def _binary(array: pa.Array) -> pa.Array:
    return _each(array, _bytes)


def _bytes(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()
    return base64.b64encode(value).decode() if CONTROL.search(text) else text


def _temporal(array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_timestamp(kind):
        return _without_trailing_zeros(array.cast(pa.timestamp(kind.unit)).cast(pa.string()))
    if pa.types.is_time(kind):
        return _without_trailing_zeros(array.cast(pa.string()))
    if pa.types.is_duration(kind):
        digits = SECONDS[kind.unit]
        return _each(array.cast(pa.int64()), lambda count: _scaled(count, digits))
    if pa.types.is_interval(kind):
        return _each(array, lambda value: _interval(*value))
    return array.cast(pa.date32()).cast(pa.string())


def _scaled(count: int, digits: int) -> str:
    """The number with so many of its digits behind the point, without zeros at its end."""
    whole, rest = divmod(abs(count), 10**digits)
    fraction = f"{rest:0{digits}}".rstrip("0") if digits else ""
    return f"{'-' if count < 0 else ''}{whole}{'.' if fraction else ''}{fraction}"


def _interval(months: int, days: int, nanoseconds: int) -> str:
    parts = [f"{months}M" if months else "", f"{days}D" if days else ""]
    seconds = f"T{_scaled(nanoseconds, 9)}S" if nanoseconds or not (months or days) else ""
    return f"P{''.join(parts)}{seconds}"


def _without_trailing_zeros(texts: pa.Array) -> pa.Array:
    """Of the fraction of a second, and the point with it where all are."""
    shorter = pc.utf8_rtrim(pc.utf8_rtrim(texts, "0"), ".")
    return pc.if_else(pc.match_substring(texts, "."), shorter, texts)


def _decimal(array: pa.Array) -> pa.Array:
    """Arrow writes small ones with an exponent."""
    texts = array.cast(pa.string())
    if not pc.any(pc.match_substring(texts, "E")).as_py():
        return texts
    return pa.array([v if v is None else format(v, "f") for v in array.to_pylist()], pa.string())


def _floating(array: pa.Array) -> pa.Array:
    """Each value is written once, however often it comes."""
    coded = (array.cast(pa.float32()) if pa.types.is_float16(array.type) else array).dictionary_encode()
    values = coded.dictionary.to_numpy(zero_copy_only=False)
    texts = [_single(value) for value in values] if values.dtype == np.float32 else [repr(value) for value in values.tolist()]
    written = [None if math.isnan(value) else text for value, text in zip(values, texts, strict=True)]
    return pa.array(written, pa.string()).take(coded.indices)


def _single(value: np.float32) -> str:
    """A number of 32 bits by the digits that name it among these, in the form of Python's for 64 bits."""
    is_plain = value == 0 or PLAIN_FROM <= abs(value) < PLAIN_BELOW
    return np.format_float_positional(value, unique=True, trim="0") if is_plain else str(value)


def _json(array: pa.Array) -> list[str | None]:
    """The values as JSON; null where they are null."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name != UUID:
        return _json(array.storage)
    if pa.types.is_dictionary(kind):
        return _json(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return _json(pc.run_end_decode(array))
    if pa.types.is_struct(kind):
        return _objects(array)
    if pa.types.is_map(kind):
        return _maps(array)
    if pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind) or pa.types.is_fixed_size_list(kind):
        return _views(array)
    return _lists(array) if pa.types.is_nested(kind) else _simple(array)


def _objects(array: pa.Array) -> list[str | None]:
    """A field that is null is left out, as Spark does."""
    names = [encoded_text(field.name) for field in array.type]
    fields = [_json(part) for part in array.flatten()]
    written = [
        [f"{name}:{text}" for name, text in zip(names, row, strict=True) if text is not None] for row in zip(*fields, strict=True)
    ]
    written = written or [[] for _ in range(len(array))]
    return [f"{{{','.join(row)}}}" if there else None for row, there in zip(written, array.is_valid().to_pylist(), strict=True)]


def _maps(array: pa.Array) -> list[str | None]:
    keys = [encoded_text(key) for key in as_text(array.keys).to_pylist()]
    pairs = [f"{key}:{text or 'null'}" for key, text in zip(keys, _json(array.items), strict=True)]
    return _grouped(array, pairs, "{", "}")


def _lists(array: pa.Array) -> list[str | None]:
    return _grouped(array, [text or "null" for text in _json(array.values)], "[", "]")


def _views(array: pa.Array) -> list[str | None]:
    """Lists whose values lie in any order, or have one length. Arrow 25's cast of them loses values behind a null."""
    ends = [0, *pc.cumulative_sum(pc.fill_null(pc.list_value_length(array), 0)).to_pylist()]
    return _grouped(array, [text or "null" for text in _json(array.flatten())], "[", "]", ends)


def _grouped(array: pa.Array, items: list[str], before: str, after: str, between: list[int] | None = None) -> list[str | None]:
    ends = array.offsets.to_pylist() if between is None else between
    there = array.is_valid().to_pylist()
    return [before + ",".join(items[a:b]) + after if v else None for a, b, v in zip(ends, ends[1:], there, strict=False)]


def _simple(array: pa.Array) -> list[str | None]:
    kind, texts = array.type, as_text(array).to_pylist()
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return list(texts)
    if pa.types.is_floating(kind):
        return [encoded_text(text) if text in NO_JSON_NUMBERS else text for text in texts]
    if pa.types.is_null(kind):
        return list(texts)
    if pa.types.is_timestamp(kind):
        return [text and encoded_text(_iso(text, kind)) for text in texts]
    return [text if text is None else encoded_text(text) for text in texts]


def _iso(text: str, kind: pa.TimestampType) -> str:
    """As Spark writes a moment in JSON: with milliseconds at least."""
    seconds, _, fraction = text.replace(" ", "T").partition(".")
    return f"{seconds}.{fraction.ljust(3, '0')}{'Z' if kind.tz else ''}"
