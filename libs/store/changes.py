"""Rows of a change feed."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

CHANGE_COLUMNS = ("_change_type", "_commit_version", "_commit_timestamp")


def only_inserted(changes: DataFrame) -> DataFrame:
    """The rows of a change feed as they are after the change, without Delta's own columns."""
    return changes.where(F.col("_change_type").isin("insert", "update_postimage")).drop(*CHANGE_COLUMNS)
