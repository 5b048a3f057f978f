"""Keyed hashes in place of personal data: equal for equal values, and not to be guessed without the key.

HMAC-SHA256 (RFC 2104), made of Spark's own functions so that no row passes through Python.
"""

import hashlib

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

BLOCK = 64
INNER, OUTER = "_inner_pad", "_outer_pad"


def with_pads(rows: DataFrame, key: str) -> DataFrame:
    """Add HMAC's two padded keys to every row.

    They come as a broadcast row and not as literals: a query's plan, which Spark prints and logs, shows a literal's value.
    """
    block = key.encode()
    block = (hashlib.sha256(block).digest() if len(block) > BLOCK else block).ljust(BLOCK, b"\0")
    pads = (bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block))
    row = rows.sparkSession.createDataFrame([pads], f"{INNER} binary, {OUTER} binary")
    return rows.crossJoin(F.broadcast(row))


def pseudonym(text: Column) -> Column:
    """HMAC-SHA256 of `text`, trimmed and in lower case, as 64 hex digits; null for empty text. Needs `with_pads`."""
    value = F.nullif(F.lower(F.trim(text)), F.lit(""))
    inner = F.unhex(F.sha2(F.concat(F.col(INNER), F.encode(value, "UTF-8")), 256))
    return F.sha2(F.concat(F.col(OUTER), inner), 256)
