"""The lakehouse of these tests."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.ml.value.lakehouse import Lakehouse
from tests.stores import store_at


@pytest.fixture
def lakehouse(spark: SparkSession, tmp_path: Path) -> Lakehouse:
    """An empty one."""
    return Lakehouse(store_at(str(tmp_path), spark))
