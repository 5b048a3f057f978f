"""What keeps tables fast and small: small files put together, files that no version needs deleted, the log shortened."""

from dataclasses import dataclass
from typing import Any

from libs.store.spark import SparkStore
from libs.store.spark_state import committing, setting

# Delta itself refuses to delete younger files, unless the check is off because nobody reads old versions.
DELTA_MINIMUM_HOURS = 168
RETENTION_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"


@dataclass(frozen=True)
class Kept:
    """One table before and after: its data files, its rows, its size in bytes, and how many old files were deleted."""

    table: str
    files_before: int
    files_after: int
    rows: int
    bytes: int
    deleted: int


def keep_up(store: SparkStore, name: str, retain_hours: int) -> Kept:
    """Put small files together, delete files that only versions older than `retain_hours` need, and write a checkpoint.

    Rows and statistics stay as they are, and so does the state: the newest commit repeats it, so that the log may be
    shortened behind it. Several tables may be kept up at once.
    """
    store = store.in_own_session()
    before, state = store.size(name), store.last_commit(name).state
    with committing(store.spark, state):
        store.spark.sql(f"OPTIMIZE delta.`{store.path(name)}`")
    deleted = _vacuum(store, name, retain_hours)
    _checkpoint(store, name)
    store.published.renew(name)
    after = store.size(name)
    return Kept(name, before.files, after.files, after.rows, after.bytes, deleted)


def _vacuum(store: SparkStore, name: str, retain_hours: int) -> int:
    """Delete old files; returns how many fewer there are. VACUUM itself reports them only in a dry run, as long as the real one."""
    before = _files(store, name)
    with setting(store.spark, RETENTION_CHECK, str(retain_hours >= DELTA_MINIMUM_HOURS).lower()):
        store.spark.sql(f"VACUUM delta.`{store.path(name)}` RETAIN {retain_hours} HOURS")
    return before - _files(store, name)


def _files(store: SparkStore, name: str) -> int:
    """Files in the table's folder without those of its log, to which VACUUM adds what it did."""
    spark: Any = store.spark
    folder, log = (spark._jvm.org.apache.hadoop.fs.Path(path) for path in (store.path(name), f"{store.path(name)}/_delta_log"))
    files = folder.getFileSystem(spark._jsparkSession.sessionState().newHadoopConf())
    return int(files.getContentSummary(folder).getFileCount() - files.getContentSummary(log).getFileCount())


def _checkpoint(store: SparkStore, name: str) -> None:
    """Delta writes one every ten commits by itself, and then deletes the log's entries before it that are past their retention."""
    spark: Any = store.spark
    nothing = spark._jvm.scala.Option.empty()
    log = spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, store.path(name))
    snapshot, last = log.update(False, nothing, nothing), log.readLastCheckpointFile()
    if last.isDefined() and last.get().version() == snapshot.version():
        # Delta ends with an error (DELTA_CHECKPOINT_SNAPSHOT_MISMATCH) when it is to write it again on an object store.
        log.doLogCleanup(snapshot, nothing)
    else:
        log.checkpointAndCleanUpDeltaLog(snapshot, nothing)
