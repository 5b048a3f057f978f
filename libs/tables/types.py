"""Types of columns, by the names that Spark, Delta and DuckDB's SQL share; none of them is imported for a declaration."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql.types import DataType

STRING = "string"
LONG = "bigint"
INTEGER = "int"
DOUBLE = "double"
BOOLEAN = "boolean"
DATE = "date"
TIMESTAMP = "timestamp"
STRINGS = "array<string>"
# Exact, so that a sum does not depend on the order of its rows; 18 digits fit a machine word.
MONEY = "decimal(18,6)"
# What was counted or weighed of something, exact too.
QUANTITY = "decimal(18,6)"
# Sums of either: beyond the bounds of their parts, as many of them as there may be rows.
TOTAL = "decimal(38,6)"


def spark_type(name: str) -> "DataType":
    """The Spark type of that name. Raises ValueError for an unknown name."""
    from pyspark.sql import types

    simple: dict[str, DataType] = {
        STRING: types.StringType(),
        LONG: types.LongType(),
        INTEGER: types.IntegerType(),
        DOUBLE: types.DoubleType(),
        BOOLEAN: types.BooleanType(),
        DATE: types.DateType(),
        TIMESTAMP: types.TimestampType(),
    }
    if name in simple:
        return simple[name]
    if name.startswith("array<"):
        return types.ArrayType(spark_type(name.removeprefix("array<").removesuffix(">")))
    if name.startswith("decimal("):
        precision, scale = name.removeprefix("decimal(").removesuffix(")").split(",")
        return types.DecimalType(int(precision), int(scale))
    raise ValueError(f"{name}: unknown type of a column")
