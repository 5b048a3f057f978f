"""Where Spark cuts the lineage of a computation in many steps, whose tasks would else outgrow a thread's stack."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import SparkSession


@contextmanager
def checkpoints(spark: SparkSession, root: str) -> Iterator[None]:
    """Within, checkpoints go to a folder below `root`, which all executors reach and which is removed at the end. Classic Spark alone."""
    folder = f"{root}/_checkpoints"
    spark.sparkContext.setCheckpointDir(folder)
    try:
        yield
    finally:
        java: Any = spark._jvm
        path = java.org.apache.hadoop.fs.Path(folder)
        path.getFileSystem(spark._jsparkSession.sessionState().newHadoopConf()).delete(path, True)
