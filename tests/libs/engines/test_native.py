"""The native engine's session."""

import pytest
from pyspark.sql import SparkSession

MORE_THAN_GRPC_TAKES_BY_DEFAULT = 150_000_000


@pytest.mark.only_native
def test_a_batch_of_any_length_is_fetched(spark: SparkSession) -> None:
    rows = spark.sql(f"select repeat('x', {MORE_THAN_GRPC_TAKES_BY_DEFAULT}) as text").toArrow()
    assert rows.nbytes > MORE_THAN_GRPC_TAKES_BY_DEFAULT
