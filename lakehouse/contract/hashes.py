"""Hashes that tell rows apart, the same on every engine."""

from collections.abc import Iterable, Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F


def hash_of(columns: Mapping[str, Column]) -> Column:
    """A 64-bit hash of the columns' values, each behind its name; a column that is null counts as one that is not there.

    `xxhash64` skips nulls: without the names, (a, null) would be (null, a). A table that gains a column, or has its columns in
    another order, gives its rows the same hashes as before.
    """
    named = [part for name in sorted(columns) for part in (F.when(columns[name].isNotNull(), F.lit(name)), columns[name])]
    return F.xxhash64(*named)


def row_hash(fields: Iterable[str]) -> Column:
    """The hash of a row of bronze as it came, which `_row_hash` holds."""
    return hash_of({name: F.col(name) for name in (*fields, "_extra", "_malformed")})


def former_row_hash(fields: Iterable[str]) -> Column:
    """What `_row_hash` held in earlier versions; fixed rows in bronze go on naming by it the rows that they replace."""
    return F.xxhash64(*fields, "_extra", "_malformed")


def fields_of(bronze: DataFrame) -> list[str]:
    """The columns of a bronze table that its source gave."""
    return [name for name in bronze.columns if not name.startswith("_")]
