"""Rows of several kinds beside each other, to be summed by what they have in common."""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType


def united(parts: Sequence[DataFrame]) -> DataFrame:
    """All rows of the parts, columns by name; where a part has no such column it is null, of the type that it has elsewhere.

    `unionByName(allowMissingColumns=True)` leaves columns without a type on the native engine (docs/engines.md).
    """
    types = {field.name: field.dataType for part in reversed(parts) for field in part.schema}
    return reduce(DataFrame.union, [part.select(*_columns(part, types)) for part in parts])


def _columns(part: DataFrame, types: dict[str, DataType]) -> list[Column]:
    known = set(part.columns)
    return [F.col(name) if name in known else F.lit(None).cast(kind).alias(name) for name, kind in types.items()]
