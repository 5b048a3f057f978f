"""The last step before a new version can be read: names, types, keys and expectations are checked."""

from pyspark.sql import DataFrame

from lakehouse.refresh.run import Run
from libs.store.declared import declared
from libs.store.staged import Staged, Staging
from libs.tables import Table


def checked(run: Run, table: Table, rows: DataFrame, staging: Staging) -> Staged:
    """The rows, computed once and found fit to be published. Raises TableError when they are not."""
    staged = staging.keep(declared(table, rows))
    run.check(table, staged)
    return staged
