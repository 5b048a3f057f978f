"""What a block has in Spark's session, and what the session has afterwards."""

import pytest
from pyspark.sql import SparkSession

from libs.store.spark_state import setting

pytestmark = pytest.mark.only_spark
GIVEN_AT_START = "spark.sql.parquet.outputTimestampType"


@pytest.mark.parametrize("key", [GIVEN_AT_START, "spark.databricks.delta.commitInfo.userMetadata"])
def test_a_setting_is_what_it_was_before_after_the_block(key: str, spark: SparkSession) -> None:
    before = spark.conf.get(key, None)
    assert (before is not None) == (key == GIVEN_AT_START)

    with setting(spark, key, "INT96"):
        assert spark.conf.get(key) == "INT96"

    assert spark.conf.get(key, None) == before
