"""Text in one spelling: Unicode's composed form (NFC), in which é is one code point, whichever way a program wrote it.

Programs on macOS, and some keyboards, write é as e and an accent: equal words, ids and names of columns would be different ones.
"""

from collections.abc import Mapping
from functools import reduce
from unicodedata import normalize

import pyarrow as pa
import pyarrow.compute as pc


def composed(texts: pa.Array) -> pa.Array:
    """The texts in the composed form; nearly all columns are in it, and are returned as they are."""
    others = pc.invert(pc.string_is_ascii(texts))
    came = texts.filter(others).to_pylist()
    # Not by Arrow's utf8_normalize: in version 25 it decomposes, whichever form it is asked for.
    made = [normalize("NFC", text) for text in came]
    return texts if made == came else pc.replace_with_mask(texts, others.fill_null(False), pa.array(made, pa.string()))


def is_composed_anew(came: Mapping[str, pa.Array], made: Mapping[str, pa.Array], rows: int) -> pa.Array:
    """For each of so many rows whether one of its texts is another than it came; both by the names of columns."""
    other = [pc.not_equal(came[name], texts).fill_null(False) for name, texts in made.items() if texts is not came[name]]
    return reduce(pc.or_, other, pa.repeat(False, rows))


def composed_name(name: str) -> str:
    """The same of one text, such as the name of a column."""
    return normalize("NFC", name)
