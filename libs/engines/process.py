"""What Spark reads from the environment of a driver's process, before its JVM exists. Nothing of Spark is imported for it."""

import logging
import os
import sys

from libs.engines.jars import spark_home
from libs.engines.java import checked_java
from libs.engines.spark_conf import stays_here
from libs.settings.config import Settings


def prepare_process(settings: Settings) -> None:
    """Set what Spark reads from this process's environment alone. Raises JavaError, and JarsError where pyspark is not installed."""
    checked_java(os.environ)
    # It would print every error of a query as JSON with its trace, also of those that are printed in words.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    os.environ |= process_environment(settings)
    (settings.project_root / "var" / "log").mkdir(parents=True, exist_ok=True)


def process_environment(settings: Settings) -> dict[str, str]:
    """The variables of a driver's process: its Python, its Spark, and the key to the object store."""
    variables = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    if stays_here(settings):
        variables["SPARK_LOCAL_IP"] = "127.0.0.1"
    if not was_submitted():
        # Another Spark installed on the machine would otherwise be started in place of the pinned one.
        variables["SPARK_HOME"] = str(spark_home())
    if settings.s3_access_key and settings.s3_secret_key:
        variables["AWS_ACCESS_KEY_ID"] = settings.s3_access_key.get_secret_value()
        variables["AWS_SECRET_ACCESS_KEY"] = settings.s3_secret_key.get_secret_value()
    return variables


def was_submitted() -> bool:
    """Whether `spark-submit` started this process, and with it Java."""
    return "PYSPARK_GATEWAY_PORT" in os.environ
