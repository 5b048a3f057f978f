"""Checkpoints of a computation are gone when it has ended."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from libs.engines.checkpoints import checkpoints


@pytest.mark.only_spark
def test_they_are_written_below_the_root_and_removed(spark: SparkSession, tmp_path: Path) -> None:
    with checkpoints(spark, str(tmp_path)):
        rows = spark.range(3).checkpoint()
        assert list(tmp_path.rglob("part-*"))
        assert rows.count() == 3

    assert list(tmp_path.iterdir()) == []
