"""Creates the Spark session; nothing else does."""

from pathlib import Path

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from libs.engines.code import packed_code
from libs.engines.jars import JarsError
from libs.engines.java import JavaError
from libs.engines.java_functions import look_up_once
from libs.engines.process import prepare_process, was_submitted
from libs.engines.spark_conf import is_local, spark_conf
from libs.errors import UserError
from libs.settings.config import Settings
from libs.store.unreachable import check_store


class SparkStartError(UserError):
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
    look_up_once(spark)
    if settings.spark.catalog == "hive":
        open_catalog(spark, settings)
    return spark


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
