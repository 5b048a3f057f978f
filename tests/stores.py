"""Stores and frames of whichever engine a test runs on."""

from dataclasses import replace

from pyspark.sql import DataFrame, SparkSession

from libs.store.native import NativeStore
from libs.store.port import Store
from libs.store.spark import SparkStore


def store_at(root: str, spark: SparkSession, few_rows: int = 50_000) -> Store:
    """The tables below the folder, by the store of the session's engine; on Spark fewer than `few_rows` without its jobs."""
    # A session of classic Spark alone has a context.
    if hasattr(spark, "_jsparkSession"):
        return replace(SparkStore.at(root, spark), few_rows=few_rows)
    return NativeStore.at(root, spark)


def computed(rows: DataFrame) -> DataFrame:
    """The rows without their plan, so that what is asked of them often is computed once."""
    return rows.sparkSession.createDataFrame(rows.toArrow())
