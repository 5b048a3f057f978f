"""The one place that makes a Spark session."""

import logging
import os
import sys
from pathlib import Path
from urllib.parse import quote

import pyspark
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from libs.config import Settings
from libs.jars import JarsError, jars_folder
from libs.java import JavaError, checked_java


class SparkStartError(Exception):
    """Spark could not be started; the message is one line that says what to do."""


def session(settings: Settings, app_name: str) -> SparkSession:
    """Return the process's Spark session with Delta, made on the first call.

    A second call gives the same session, with every setting as the first call made it.
    Raises SparkStartError, one line, when Java, a jar or the catalogue can't be had.
    """
    try:
        _prepare_process(settings)
        conf = _spark_conf(settings)
    except (JavaError, JarsError) as error:
        raise SparkStartError(str(error)) from error
    running = SparkSession.getActiveSession()
    if running is not None:
        return running
    builder = SparkSession.builder.appName(app_name)
    for key, value in conf.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    if settings.spark.catalog == "hive":
        open_catalog(spark, settings)
    return spark


def _prepare_process(settings: Settings) -> None:
    """What Spark reads from this process's environment alone, before its JVM exists."""
    checked_java(os.environ)
    # It would print every error of a query as JSON with its trace, also of those that are told in words.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    if settings.spark.master.startswith("local"):
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        if "PYSPARK_GATEWAY_PORT" not in os.environ:
            # Another Spark installed on the machine would otherwise be started in place of the pinned one.
            os.environ["SPARK_HOME"] = str(Path(pyspark.__file__).parent)
    (settings.project_root / "var" / "log").mkdir(parents=True, exist_ok=True)


def _spark_conf(settings: Settings) -> dict[str, str]:
    conf = {
        "spark.master": settings.spark.master,
        "spark.driver.memory": settings.spark.driver_memory,
        "spark.driver.extraClassPath": f"{jars_folder(root=settings.project_root)}/*",
        "spark.driver.extraJavaOptions": _java_options(settings),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(settings.spark.shuffle_partitions),
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.catalogImplementation": settings.spark.catalog,
        # Inferring filters from wide, computed rows takes minutes and gigabytes of the optimizer's own.
        "spark.sql.constraintPropagation.enabled": "false",
        **_delta_conf(settings),
    }
    if settings.spark.master.startswith("local"):
        conf |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    if "://" not in settings.lakehouse_root:
        conf |= _local_catalog_conf(settings)
    return conf | dict(settings.spark.conf)


def _delta_conf(settings: Settings) -> dict[str, str]:
    return {
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.databricks.delta.snapshotPartitions": str(settings.spark.snapshot_partitions),
        "spark.databricks.delta.properties.defaults.enableChangeDataFeed": "true",
    }


def _local_catalog_conf(settings: Settings) -> dict[str, str]:
    folder = Path(settings.lakehouse_root) / "_catalog"
    return {
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder / 'metastore'};create=true",
    }


def _java_options(settings: Settings) -> str:
    """Options are split at blanks, so paths are quoted; log4j2 takes a URL, whose blanks are escaped."""
    log = settings.project_root / "var" / "log"
    options = {
        "log4j2.configurationFile": "file://" + quote(str(settings.project_root / "conf" / "log4j2.properties")),
        "lakehouse.log": str(log / "spark.log"),
        "derby.stream.error.file": str(log / "derby.log"),
    }
    return " ".join([*(f'"-D{name}={value}"' for name, value in options.items()), settings.spark.java_options])


def open_catalog(spark: SparkSession, settings: Settings) -> None:
    """Open the Hive catalogue, or end the session and raise SparkStartError.

    Derby lets one process in; that is found out here, not at the first write.
    """
    try:
        spark.catalog.databaseExists("default")
    except PySparkException as error:
        spark.stop()
        catalog = Path(settings.lakehouse_root) / "_catalog"
        log = settings.project_root / "var" / "log" / "spark.log"
        raise SparkStartError(
            f"the catalogue {catalog} could not be opened: another process is probably using it; end that one, or take "
            f"another LAKEHOUSE_ROOT (details in {log})"
        ) from error
