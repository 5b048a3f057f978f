"""Stores and frames of whichever engine a test runs on."""

from pyspark.sql import DataFrame, SparkSession

from libs.store.native import NativeStore
from libs.store.port import Store
from libs.store.spark import SparkStore


def store_at(root: str, spark: SparkSession) -> Store:
    """The tables below the folder, by the store of the session's engine."""
    # A session of classic Spark alone has a context.
    return SparkStore.at(root, spark) if hasattr(spark, "_jsparkSession") else NativeStore.at(root, spark)


def computed(rows: DataFrame) -> DataFrame:
    """The rows without their plan, so that what is asked of them often is computed once."""
    return rows.sparkSession.createDataFrame(rows.toArrow())
