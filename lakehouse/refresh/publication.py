"""The last step before a new version can be read: names, types, keys and expectations are checked."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.refresh.run import Run
from libs.store.port import Staged, Staging
from libs.tables import Table, TableError


def declared(table: Table, rows: DataFrame) -> DataFrame:
    """The rows with their columns in the declared order and with the declared comments.

    Raises TableError, a line a mismatch, when names or types differ from the declaration.
    """
    mismatches = table.mismatches(rows.schema)
    if mismatches:
        raise TableError("\n".join(mismatches))
    return rows.select([F.col(c.name).alias(c.name, metadata={"comment": c.comment}) for c in table.columns])


def checked(run: Run, table: Table, rows: DataFrame, staging: Staging) -> Staged:
    """The rows, computed once and found fit to be published. Raises TableError when they are not."""
    staged = staging.keep(declared(table, rows))
    run.check(table, staged)
    return staged
