"""Whether a stored table has the columns that it is declared with, for who reads it without a run before."""

from libs.errors import InputError
from libs.store.reader import Reader
from libs.tables import Table


def check_form(tables: Reader, table: Table) -> None:
    """Raise InputError, one line, when the log does not have the columns that it is declared with."""
    known = tables.columns(table.name)
    missing = [name for name in table.column_names if name not in known]
    if missing:
        raise InputError(
            f"{table.name}: the tables at {tables.root} were made by an older version (column {missing[0]} is missing): "
            "run python -m jobs.refresh"
        )
