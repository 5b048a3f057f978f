"""The state of a commit by the session's settings: Spark's MERGE, DELETE and OPTIMIZE take none as an option."""

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

from libs.store.published import State, packed

COMMIT_METADATA = "spark.databricks.delta.commitInfo.userMetadata"


@contextmanager
def committing(spark: SparkSession, state: State | None) -> Iterator[None]:
    """Have every commit of the session carry the state, for as long as the block runs; None has them carry none."""
    if state is None:
        yield
        return
    with setting(spark, COMMIT_METADATA, packed(state)):
        yield


@contextmanager
def setting(spark: SparkSession, key: str, value: str) -> Iterator[None]:
    """Have a setting in the session for as long as the block runs, and what it was afterwards."""
    before = spark.conf.get(key, None)
    spark.conf.set(key, value)
    try:
        yield
    finally:
        if before is None:
            spark.conf.unset(key)
        else:
            spark.conf.set(key, before)
