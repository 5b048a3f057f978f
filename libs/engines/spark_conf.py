"""The settings of a Spark process, as Spark names them. Secrets are not among them: they are passed by the environment."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from libs.engines.jars import jars_folder
from libs.engines.java import FIRST_COMPILER
from libs.engines.parquet import GROUP
from libs.settings.config import Settings
from libs.settings.memory import bytes_of
from libs.settings.settings import S3Settings

# PySpark notes for its errors which line made each column, which takes eight times as long as making the column does.
DEBUGGING = "spark.python.sql.dataFrameDebugging.enabled"
LOOPBACK = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


def spark_conf(settings: Settings, log: str = "spark.log") -> dict[str, str]:
    """The settings of a job's driver, whose log goes to `var/log/<log>`. Raises JarsError or JavaError."""
    classes = f"{jars_folder(jar_groups(settings), root=settings.project_root)}/*"
    conf = {
        "spark.master": settings.spark.master,
        "spark.driver.memory": settings.spark.driver_memory,
        "spark.driver.extraClassPath": classes,
        "spark.driver.extraJavaOptions": _java_options(settings, log),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        # As delta-rs writes times, so that both engines' files of a table are alike.
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        # A file of bronze is written by one task, and Spark's own row groups are of 128 MB: one core would read, and clean, all of it.
        "spark.hadoop.parquet.block.row.count.limit": str(GROUP),
        # A file of few megabytes is cut as if it were this much longer, 4 MB by default, so that one core has most of it.
        "spark.sql.files.openCostInBytes": str(1 << 20),
        "spark.sql.shuffle.partitions": str(settings.spark.shuffle_partitions),
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        DEBUGGING: "false",
        "spark.sql.catalogImplementation": settings.spark.catalog,
        # Inferring filters from wide, computed rows takes the optimizer minutes and gigabytes.
        "spark.sql.constraintPropagation.enabled": "false",
        # VACUUM lists a table's folder in this number of tasks, 10,000 by default, whatever its size.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": str(settings.spark.shuffle_partitions),
        **_delta_conf(settings),
        **_catalog_conf(settings),
    }
    if stays_here(settings):
        conf |= LOOPBACK
    if not is_local(settings):
        conf |= {"spark.executor.extraClassPath": classes}
    if settings.s3:
        conf |= _s3_conf(settings.s3)
    return conf | dict(settings.spark.conf)


def quick(settings: Settings, estimate: Callable[[], int]) -> Settings:
    """The settings for a run that would need about `estimate` bytes natively: where these are few, Java's first compiler compiles alone.

    Of a run of few rows the second one takes more of the processors than Spark itself.
    """
    if not is_local(settings) or estimate() >= bytes_of(settings.spark.quick_below):
        return settings
    options = f"{settings.spark.java_options} {FIRST_COMPILER}"
    return settings.model_copy(update={"spark": settings.spark.model_copy(update={"java_options": options})})


def is_local(settings: Settings) -> bool:
    """Whether Spark computes in the driver's own process."""
    return settings.spark.master.startswith("local")


def stays_here(settings: Settings) -> bool:
    """Whether Spark runs only on this machine, and so needs no address but the loopback's."""
    return is_local(settings) or "127.0.0.1" in settings.spark.master


def jar_groups(settings: Settings) -> tuple[str, ...]:
    """The groups of jars of `conf/ivy.xml` that these settings need."""
    return ("delta", "s3", "postgresql") if settings.s3 else ("delta",)


def _delta_conf(settings: Settings) -> dict[str, str]:
    return {
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.databricks.delta.snapshotPartitions": str(settings.spark.snapshot_partitions),
        # A commit without rows is kept: its state says what was read, which would be read again by every run.
        "spark.databricks.delta.skipRecordingEmptyCommits": "false",
        # A commit's checksum names all files of the table otherwise, for which Spark reads its log once more.
        "spark.databricks.delta.allFilesInCrc.enabled": "false",
    }


def _catalog_conf(settings: Settings) -> dict[str, str]:
    if settings.metastore_uri:
        return {
            "spark.hadoop.hive.metastore.uris": settings.metastore_uri,
            "spark.sql.warehouse.dir": f"{settings.lakehouse_root}/_warehouse",
        }
    if "://" in settings.lakehouse_root:
        return {}
    folder = Path(settings.lakehouse_root) / "_catalog"
    return {
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder / 'metastore'};create=true",
    }


def _s3_conf(s3: S3Settings) -> dict[str, str]:
    s3a = {
        "endpoint": s3.endpoint,
        "endpoint.region": s3.region,
        "path.style.access": "true",
        "connection.ssl.enabled": str(s3.endpoint.startswith("https:")).lower(),
    }
    return {f"spark.hadoop.fs.s3a.{name}": value for name, value in s3a.items()}


def _java_options(settings: Settings, log: str) -> str:
    """Options are split at spaces, so paths are quoted; log4j2 takes a URL, whose spaces are escaped."""
    folder = settings.project_root / "var" / "log"
    options = {
        "log4j2.configurationFile": "file://" + quote(str(settings.project_root / "conf" / "log4j2.properties")),
        "lakehouse.log": str(folder / log),
        "derby.stream.error.file": str(folder / "derby.log"),
    }
    return " ".join([*(f'"-D{name}={value}"' for name, value in options.items()), settings.spark.java_options])
