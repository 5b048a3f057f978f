"""The session is Delta's, in UTC, quiet, and on the class path of the jars resolver."""

from pathlib import Path
from unittest.mock import Mock

import pyarrow.parquet as pq
import pyspark
import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from libs.engines.jars import spark_home
from libs.engines.parquet import GROUP
from libs.engines.spark import SparkStartError, open_catalog, session
from libs.settings.config import Settings

pytestmark = pytest.mark.only_spark


def test_a_delta_table_is_written_and_read_back_with_change_data(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "a table")
    rows = spark.createDataFrame([(1, "x"), (2, "y")], "id long, name string")
    rows.write.format("delta").option("delta.enableChangeDataFeed", "true").save(path)

    assert sorted(map(tuple, spark.read.format("delta").load(path).collect())) == [(1, "x"), (2, "y")]
    changes = spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", 0).load(path)
    assert {row["_change_type"] for row in changes.collect()} == {"insert"}


def test_a_file_has_row_groups_that_several_cores_read_side_by_side(spark: SparkSession, tmp_path: Path) -> None:
    spark.range(2 * GROUP).coalesce(1).write.format("delta").save(str(tmp_path))

    (file,) = tmp_path.glob("*.parquet")
    assert [pq.ParquetFile(file).metadata.row_group(n).num_rows for n in range(2)] == [GROUP, GROUP]


def test_timestamps_are_in_utc_whatever_the_machine_says(spark: SparkSession) -> None:
    row = spark.range(1).select(F.date_format(F.timestamp_seconds(F.lit(0)), "yyyy-MM-dd HH:mm").alias("at")).first()

    assert row is not None
    assert row["at"] == "1970-01-01 00:00"


def test_the_settings_reach_spark(spark: SparkSession, settings: Settings) -> None:
    assert spark.conf.get("spark.sql.shuffle.partitions") == str(settings.spark.shuffle_partitions)
    assert spark.conf.get("spark.sql.catalogImplementation") == "in-memory"
    assert spark.conf.get("spark.driver.bindAddress") == "127.0.0.1"
    assert spark.conf.get("spark.ui.enabled") == "false"


def test_python_workers_run_this_python(spark: SparkSession) -> None:
    rows = spark.range(2).mapInPandas(lambda frames: (frame * 10 for frame in frames), "id long").collect()

    assert sorted(row["id"] for row in rows) == [0, 10]


def test_a_catalogue_that_another_process_holds_is_one_line_and_ends_the_session(settings: Settings) -> None:
    held = Mock(spec=SparkSession)
    held.catalog.databaseExists.side_effect = AnalysisException("Another instance of Derby may have already booted")

    with pytest.raises(SparkStartError, match=r"/_catalog could not be opened: another process .* LAKEHOUSE_ROOT") as raised:
        open_catalog(held, settings)

    assert "\n" not in str(raised.value)
    held.stop.assert_called_once()


def test_a_machine_without_java_is_an_error_in_one_line(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")

    with pytest.raises(SparkStartError, match="JAVA_HOME is /nowhere, which has no bin/java"):
        session(settings, "tests")


def test_a_second_call_gives_the_same_session(spark: SparkSession, settings: Settings) -> None:
    other = settings.model_copy(update={"spark": settings.spark.model_copy(update={"shuffle_partitions": 7})})
    assert session(other, "other").sparkContext is spark.sparkContext
    assert spark.conf.get("spark.sql.shuffle.partitions") == str(settings.spark.shuffle_partitions)


def test_the_installed_spark_is_found_where_it_is_imported_from() -> None:
    assert spark_home() == Path(pyspark.__file__).parent
