"""Columns that no declaration names, as a JSON object of their texts."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.bronze.blocks import joined
from lakehouse.bronze.json_lines import encoded_text

# What JSON writes in another way than it is.
ESCAPED = r'["\\\x00-\x1f]'


def as_objects(columns: Mapping[str, pa.Array]) -> pa.Array:
    """One object a row of the values that are not null, by the names of the columns, of which there is one at least."""
    pairs = [_within(f"{encoded_text(name)}:", _quoted(texts), "") for name, texts in columns.items()]
    return _within("{", joined(pairs, ","), "}")


def _quoted(texts: pa.Array) -> pa.Array:
    if pc.any(pc.match_substring_regex(texts, ESCAPED)).as_py():
        return pa.array([text if text is None else encoded_text(text) for text in texts.to_pylist()], pa.string())
    return _within('"', texts, '"')


def _within(before: str, texts: pa.Array, after: str) -> pa.Array:
    return pc.binary_join_element_wise(pa.scalar(before), texts, pa.scalar(after), pa.scalar(""))
