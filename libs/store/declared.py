"""Rows in the form that their table's declaration gives them."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from libs.tables import Table, TableError


def check_declared(table: Table, schema: StructType) -> None:
    """Raise TableError, a line a mismatch, when names or types differ from the declaration; their order is free."""
    mismatches = table.mismatches(schema)
    if mismatches:
        raise TableError("\n".join(mismatches))


def declared(table: Table, rows: DataFrame) -> DataFrame:
    """The rows with their columns in the declared order. Raises TableError as `check_declared` does."""
    check_declared(table, rows.schema)
    return rows.select(table.column_names)


def commented(table: Table, rows: DataFrame) -> DataFrame:
    """The rows as declared, with the declared comments on their columns. Raises TableError likewise."""
    columns = [F.col(c.name).alias(c.name, metadata={"comment": c.comment}) for c in table.columns]
    return declared(table, rows).select(columns)
