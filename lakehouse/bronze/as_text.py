"""Arrow values, such as Parquet holds, as text from which they can be had back, in the forms of Spark's cast to string.

Nothing is rounded: decimals have all their digits, floating-point numbers the fewest that name them (as Java writes them),
timestamps are ISO in UTC with the fraction that they have. Binary values are base64; arrays, maps and structs are JSON.
"""

import base64
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.bronze.json_lines import encoded_text

# Between these Java writes a floating-point number without an exponent.
PLAIN_FROM, PLAIN_BELOW = 1e-3, 1e7
NO_JSON_NUMBERS = ("NaN", "Infinity", "-Infinity")


def as_text(array: pa.Array) -> pa.Array:
    """The values as text; null stays null."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return as_text(array.dictionary_decode())
    if pa.types.is_nested(kind):
        return pa.array(_json(array), pa.string())
    if _is_binary(kind):
        return pa.array([v if v is None else base64.b64encode(v).decode() for v in array.to_pylist()], pa.string())
    if pa.types.is_floating(kind):
        return _floating(array)
    if pa.types.is_timestamp(kind):
        return _without_trailing_zeros(array.cast(pa.timestamp(kind.unit)).cast(pa.string()))
    if pa.types.is_time(kind):
        return _without_trailing_zeros(array.cast(pa.string()))
    if pa.types.is_decimal(kind):
        return _decimal(array)
    return array.cast(pa.int64()).cast(pa.string()) if pa.types.is_duration(kind) else array.cast(pa.string())


def _is_binary(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


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
    return pa.array([_java(value) for value in coded.dictionary.to_numpy(zero_copy_only=False)], pa.string()).take(coded.indices)


def _java(value: Any) -> str:
    """A number of numpy as Java's Double.toString and Float.toString write it."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0 or PLAIN_FROM <= abs(value) < PLAIN_BELOW:
        return np.format_float_positional(value, unique=True, trim="0")
    mantissa, exponent = np.format_float_scientific(value, unique=True, trim="0").split("e")
    return f"{mantissa}E{int(exponent)}"


def _json(array: pa.Array) -> list[str | None]:
    """The values as JSON; null where they are null."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _json(array.dictionary_decode())
    if pa.types.is_struct(kind):
        return _objects(array)
    if pa.types.is_map(kind):
        return _maps(array)
    if pa.types.is_fixed_size_list(kind):
        return _json(array.cast(pa.list_(kind.value_type)))
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


def _grouped(array: pa.Array, items: list[str], before: str, after: str) -> list[str | None]:
    ends = array.offsets.to_pylist()
    there = array.is_valid().to_pylist()
    return [before + ",".join(items[a:b]) + after if v else None for a, b, v in zip(ends, ends[1:], there, strict=False)]


def _simple(array: pa.Array) -> list[str | None]:
    kind, texts = array.type, as_text(array).to_pylist()
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return list(texts)
    if pa.types.is_floating(kind):
        return [encoded_text(text) if text in NO_JSON_NUMBERS else text for text in texts]
    if pa.types.is_timestamp(kind):
        return [text and encoded_text(_iso(text, kind)) for text in texts]
    return [text if text is None else encoded_text(text) for text in texts]


def _iso(text: str, kind: pa.TimestampType) -> str:
    """As Spark writes a moment in JSON: with milliseconds at least."""
    seconds, _, fraction = text.replace(" ", "T").partition(".")
    return f"{seconds}.{fraction.ljust(3, '0')}{'Z' if kind.tz else ''}"
