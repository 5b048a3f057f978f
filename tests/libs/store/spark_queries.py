"""How many queries Spark was asked."""

from pyspark.sql import SparkSession


def last_query(spark: SparkSession) -> int:
    """The number of Spark's last query: ids go up by one, where the count of those kept ends at 1,000."""
    spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()
    return spark._jsparkSession.sharedState().statusStore().executionsList().last().executionId()
