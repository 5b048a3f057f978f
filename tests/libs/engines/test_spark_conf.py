"""The settings of a Spark process, by profile; never a secret."""

import json
from pathlib import Path

import pytest

from libs.cluster.thrift import properties
from libs.engines.java import FIRST_COMPILER
from libs.engines.spark_conf import quick, spark_conf
from libs.settings.config import load_settings
from libs.settings.memory import bytes_of


@pytest.fixture(autouse=True)
def jars(monkeypatch: pytest.MonkeyPatch) -> None:
    """The class path names its groups; nothing is fetched."""
    monkeypatch.setattr("libs.engines.spark_conf.jars_folder", lambda groups, root: Path("/jars") / "-".join(groups))


def test_local_tables_need_delta_alone_and_stay_on_this_machine() -> None:
    conf = spark_conf(load_settings({"PROFILE": "local"}))

    assert conf["spark.driver.extraClassPath"] == "/jars/delta/*"
    assert "spark.executor.extraClassPath" not in conf
    assert not [key for key in conf if "s3a" in key or "metastore.uris" in key]


def test_of_a_run_of_few_rows_on_this_machine_javas_first_compiler_alone_compiles() -> None:
    local, cluster = load_settings({"PROFILE": "local"}), load_settings({"PROFILE": "cluster"})
    below = bytes_of(local.spark.quick_below)

    assert quick(local, lambda: below - 1).spark.java_options.split() == [*local.spark.java_options.split(), FIRST_COMPILER]
    assert quick(local, lambda: below) == local
    assert quick(cluster, lambda: 0) == cluster


def test_the_cluster_has_its_store_its_metastore_and_one_class_path() -> None:
    conf = spark_conf(load_settings({"PROFILE": "cluster", "LAKEHOUSE_PORT_MINIO": "9", "LAKEHOUSE_PORT_METASTORE": "8"}))

    assert conf["spark.executor.extraClassPath"] == conf["spark.driver.extraClassPath"] == "/jars/delta-s3-postgresql/*"
    assert conf["spark.hadoop.fs.s3a.endpoint"] == "http://127.0.0.1:9"
    assert conf["spark.hadoop.hive.metastore.uris"] == "thrift://127.0.0.1:8"
    assert conf["spark.driver.host"] == "127.0.0.1"


def test_no_secret_is_among_them() -> None:
    env = {"PROFILE": "cluster", "S3_ACCESS_KEY": "hush1", "S3_SECRET_KEY": "hush2", "LAKEHOUSE_DATABASE_PASSWORD": "hush3"}
    settings = load_settings(env)

    assert "hush" not in json.dumps([spark_conf(settings), properties(settings)])


def test_the_thrift_server_computes_by_itself_on_the_loopback_address() -> None:
    settings = properties(load_settings({"PROFILE": "cluster"}))

    assert settings["spark.master"] == "local[2]"
    assert settings["spark.hadoop.hive.server2.thrift.bind.host"] == "127.0.0.1"
    assert "\n" not in "".join(settings.values())
