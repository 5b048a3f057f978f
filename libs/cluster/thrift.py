"""Prints the settings of the Spark Thrift server, as a file of properties for `spark-submit`. It holds no secret."""

from libs.engines.spark_conf import spark_conf
from libs.settings.config import ConfigError, Settings, load_settings


def properties(settings: Settings) -> dict[str, str]:
    """A job's settings, overridden by the Thrift server's own."""
    thrift = settings.thrift
    if thrift is None:
        raise ConfigError(f"profile {settings.profile} has no thrift: use PROFILE=cluster for the Thrift server")
    spark = settings.spark.model_copy(
        update={"master": thrift.master, "driver_memory": thrift.driver_memory, "conf": {**settings.spark.conf, **thrift.conf}}
    )
    return {
        **spark_conf(settings.model_copy(update={"spark": spark}), log="thrift-spark.log"),
        "spark.app.name": "thrift",
        "spark.hadoop.hive.server2.thrift.port": str(settings.ports["thrift"]),
        "spark.hadoop.hive.server2.thrift.bind.host": "127.0.0.1",
    }


if __name__ == "__main__":
    for key, value in properties(load_settings()).items():
        print(f"{key} {value}")
