"""Values as the published files write them: timestamps in several forms, session ids, addresses."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

FRACTION_SHARE = 0.03
UTC_SUFFIX_SHARE = 0.05
MICROSECONDS = 1_000_000

_HEX_PAIRS = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint8).reshape(256, 2)
_UUID_DASHES = (8, 13, 18, 23)
_UUID_LENGTH = 36
_UUID_DIGITS = np.setdiff1d(np.arange(_UUID_LENGTH), _UUID_DASHES)
_OCTETS = pa.array([str(octet) for octet in range(256)])


def pick(values: Sequence[str] | pa.Array, positions: np.ndarray) -> pa.Array:
    """The texts at `positions` of `values`."""
    texts = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    return texts.take(pa.array(positions))


def joined(*parts: pa.Array | str, separator: str = "") -> pa.Array:
    """Texts concatenated row by row."""
    return pc.binary_join_element_wise(*parts, separator)


def timestamps(rng: np.random.Generator, seconds: np.ndarray, is_missing: np.ndarray | None = None) -> pa.Array:
    """Epoch `seconds` as text, some with a fraction of a second and some with ` UTC`; empty where missing."""
    texts = pa.array(seconds, pa.timestamp("s")).cast(pa.string())
    roll = rng.random(len(seconds))
    has_fraction = roll < FRACTION_SHARE
    fractions = rng.integers(1, MICROSECONDS, int(has_fraction.sum()))
    precise = pa.array(seconds[has_fraction] * MICROSECONDS + fractions, pa.timestamp("us")).cast(pa.string())
    texts = pc.replace_with_mask(texts, pa.array(has_fraction), precise)
    # The two shares overlap by half, so that a fraction comes with and without the suffix.
    has_suffix = (roll >= FRACTION_SHARE / 2) & (roll < FRACTION_SHARE / 2 + UTC_SUFFIX_SHARE)
    texts = pc.replace_with_mask(texts, pa.array(has_suffix), joined(texts.filter(pa.array(has_suffix)), " UTC"))
    return texts if is_missing is None else pc.if_else(pa.array(is_missing), "", texts)


def uuids(rng: np.random.Generator, count: int) -> pa.Array:
    """Random version 4 UUIDs."""
    raw = rng.integers(0, 256, (count, 16), np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    letters = np.full((count, _UUID_LENGTH), ord("-"), np.uint8)
    letters[:, _UUID_DIGITS] = _HEX_PAIRS[raw].reshape(count, 32)
    offsets = np.arange(0, (count + 1) * _UUID_LENGTH, _UUID_LENGTH, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(letters))


def ip_addresses(rng: np.random.Generator, count: int) -> pa.Array:
    """Random IPv4 addresses."""
    octets = rng.integers(1, 255, (4, count))
    return joined(*(pick(_OCTETS, octet) for octet in octets), separator=".")
