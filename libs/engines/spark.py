"""Creates the Spark session; nothing else does."""

import logging
import os
import sys
from pathlib import Path

import pyspark
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from libs.engines.code import packed_code
from libs.engines.jars import JarsError
from libs.engines.java import JavaError, checked_java
from libs.engines.spark_conf import is_local, spark_conf, stays_here
from libs.settings.config import Settings
from libs.store.unreachable import check_store


class SparkStartError(Exception):
    """Spark could not be started; the message is one line that says what to do."""


def session(settings: Settings, app_name: str) -> SparkSession:
    """Return the process's Spark session with Delta, created on the first call.

    Later calls return the same session, with the settings of the first call.
    Raises SparkStartError, one line, when Java, a jar or the catalog is not available, and StoreUnreachable.
    """
    try:
        prepare_process(settings)
        conf = spark_conf(settings)
    except (JavaError, JarsError) as error:
        raise SparkStartError(str(error)) from error
    running = SparkSession.getActiveSession()
    if running is not None:
        return running
    if not is_local(settings) and not was_submitted():
        conf |= {"spark.submit.pyFiles": str(packed_code(settings))}
    if settings.s3 and "://" in settings.lakehouse_root:
        check_store(settings)
    builder = SparkSession.builder.appName(app_name)
    for key, value in conf.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    if settings.spark.catalog == "hive":
        open_catalog(spark, settings)
    return spark


def prepare_process(settings: Settings) -> None:
    """Settings that Spark reads only from this process's environment, before its JVM exists. Raises JavaError."""
    checked_java(os.environ)
    # It would print every error of a query as JSON with its trace, also those that are reported as one line.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    os.environ |= process_environment(settings)
    (settings.project_root / "var" / "log").mkdir(parents=True, exist_ok=True)


def process_environment(settings: Settings) -> dict[str, str]:
    """The variables of a driver's process: its Python, its Spark, and the key to the object store."""
    variables = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    if stays_here(settings):
        variables["SPARK_LOCAL_IP"] = "127.0.0.1"
    if not was_submitted():
        # Another Spark installed on the machine would otherwise be started instead of the pinned one.
        variables["SPARK_HOME"] = str(Path(pyspark.__file__).parent)
    if settings.s3_access_key and settings.s3_secret_key:
        variables["AWS_ACCESS_KEY_ID"] = settings.s3_access_key.get_secret_value()
        variables["AWS_SECRET_ACCESS_KEY"] = settings.s3_secret_key.get_secret_value()
    return variables


def was_submitted() -> bool:
    """Whether `spark-submit` started this process, and with it Java."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def open_catalog(spark: SparkSession, settings: Settings) -> None:
    """Open the Hive catalog, or end the session and raise SparkStartError.

    Derby allows one process; that is checked here, not at the first write.
    """
    try:
        spark.catalog.databaseExists("default")
    except PySparkException as error:
        spark.stop()
        raise SparkStartError(f"{_fix(settings)} (details in {settings.project_root / 'var' / 'log' / 'spark.log'})") from error


def _fix(settings: Settings) -> str:
    if settings.metastore_uri:
        return f"the metastore {settings.metastore_uri} could not be opened: see `make status`, and start it with `make up`"
    return (
        f"the catalog {Path(settings.lakehouse_root) / '_catalog'} could not be opened: another process is probably using it; "
        "end it, or use another LAKEHOUSE_ROOT"
    )
