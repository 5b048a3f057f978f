"""Text in one spelling: Unicode's composed form (NFC), in which é is one code point, whichever way a program wrote it.

Programs on macOS, and some keyboards, write é as e and an accent: equal words, ids and names of columns would be different ones.
"""

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


def composed_name(name: str) -> str:
    """The same of one text, such as the name of a column."""
    return normalize("NFC", name)
