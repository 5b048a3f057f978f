"""The session of either engine."""

import pytest
from pyspark.errors.utils import is_debugging_enabled
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from libs.engines.spark_conf import DEBUGGING


@pytest.mark.both_engines
def test_making_columns_does_not_look_for_the_line_that_makes_them(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """PySpark decides it once a process, by the session's settings."""
    monkeypatch.setattr("pyspark.errors.utils._enable_debugging_cache", None)
    F.col("made") + 1
    assert spark.conf.get(DEBUGGING) == "false"
    assert not is_debugging_enabled()
