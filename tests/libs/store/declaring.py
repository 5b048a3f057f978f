"""A declaration of rows, for tests to which it does not matter."""

from pyspark.sql import DataFrame

from libs.tables import Column, Full, Table


def declaring(name: str, rows: DataFrame) -> tuple[Table, DataFrame]:
    """A table of just these columns, keyed by the first, and the rows."""
    columns = [Column(field.name, field.dataType.simpleString(), f"the {field.name}") for field in rows.schema]
    return Table(name, name, columns=columns, primary_key=[columns[0].name], refresh=Full()), rows
