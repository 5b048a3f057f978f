"""Rows of several frames together."""

from collections.abc import Iterable
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def union_of(parts: Iterable[DataFrame]) -> DataFrame:
    """The rows of all parts, by the names of their columns; a column that a part does not have is null in its rows.

    With the type that it has elsewhere: engines that fill in nulls by themselves give them a type of their own.
    """
    parts = list(parts)
    types = {field.name: field.dataType for part in parts for field in part.schema.fields}
    columns = [[F.col(n) if n in p.columns else F.lit(None).cast(type_).alias(n) for n, type_ in types.items()] for p in parts]
    return reduce(DataFrame.union, [part.select(*named) for part, named in zip(parts, columns, strict=True)])
