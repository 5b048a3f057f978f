"""The last step before a new version can be read: names, types, keys and expectations are checked, then it is written."""

from collections.abc import Callable
from typing import TypeVar

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.refresh.run import Run
from libs.tables import Table, TableError

Written = TypeVar("Written")


def declared(table: Table, rows: DataFrame) -> DataFrame:
    """The rows with their columns in the declared order and with the declared comments.

    Raises TableError, a line a mismatch, when names or types differ from the declaration.
    """
    mismatches = table.mismatches(rows.schema)
    if mismatches:
        raise TableError("\n".join(mismatches))
    return rows.select([F.col(c.name).alias(c.name, metadata={"comment": c.comment}) for c in table.columns])


def publish(run: Run, table: Table, rows: DataFrame, write: Callable[[DataFrame], Written]) -> Written:
    """Check `rows` and hand them to `write`; they are computed once for both. Returns what `write` does.

    Raises TableError when the rows may not be published; nothing is written then.
    """
    kept = declared(table, rows).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        run.check(table, kept)
        return write(kept)
    finally:
        kept.unpersist()
