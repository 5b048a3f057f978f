"""Upkeep by Spark, but for the log's."""

from typing import Any

from pyspark.sql import SparkSession

from libs.store.published import Published
from libs.store.spark_state import committing, setting
from libs.store.upkeep import DELTA_MINIMUM_HOURS, Kept

RETENTION_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"


def keep_up(spark: SparkSession, tables: Published, name: str, retain_hours: int) -> Kept:
    """Keep up one table (`libs.store.port.Store.keep_up`) through a session whose settings nobody else changes."""
    before, path = tables.size(name), tables.path(name)
    if before.files > 1:
        with committing(spark, tables.last_commit(name).state):
            spark.sql(f"OPTIMIZE delta.`{path}`")
        tables.renew(name)
    after = tables.size(name)
    deleted = _vacuum(spark, path, after.files, retain_hours)
    tables.renew(name)
    # By delta-rs: it needs no job, and on an object store Delta ends with an error when it is to write the same one again.
    table = tables.table(name)
    table.create_checkpoint()
    table.cleanup_metadata()
    return Kept.of(name, before, after, deleted)


def _vacuum(spark: SparkSession, path: str, needed: int, retain_hours: int) -> int:
    """Delete old files; returns how many fewer there are. VACUUM itself reports them only in a dry run, as long as the real one.

    Where there are no more files than the newest version needs, it would look for them in a job of Spark's and find none.
    """
    before = _files(spark, path)
    if before == needed:
        return 0
    with setting(spark, RETENTION_CHECK, str(retain_hours >= DELTA_MINIMUM_HOURS).lower()):
        spark.sql(f"VACUUM delta.`{path}` RETAIN {retain_hours} HOURS")
    return before - _files(spark, path)


def _files(session: SparkSession, path: str) -> int:
    """Files in the table's folder without those of its log, to which VACUUM adds what it did."""
    spark: Any = session
    folder, log = (spark._jvm.org.apache.hadoop.fs.Path(part) for part in (path, f"{path}/_delta_log"))
    files = folder.getFileSystem(spark._jsparkSession.sessionState().newHadoopConf())
    return int(files.getContentSummary(folder).getFileCount() - files.getContentSummary(log).getFileCount())
