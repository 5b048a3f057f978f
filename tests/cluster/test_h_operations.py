"""Tables are compacted without a change of rows; everything is restored from a backup after it was deleted."""

import json
import shutil
from pathlib import Path

import mlflow
import pytest
from mlflow.tracking import MlflowClient

from libs.store.published import Published
from tests.cluster.running_cluster import Cluster

pytestmark = pytest.mark.cluster

REVENUE = "select count(*), sum(net_revenue) from gold.revenue_daily"
METRIC = "select measure(net_revenue) from metrics.revenue"


def test_maintenance_leaves_the_rows_and_less_files(lakehouse: Cluster) -> None:
    expected = lakehouse.rows(REVENUE)

    ran = lakehouse.job("jobs.submit", "maintain_tables", "--retain-hours", "0", "--json")

    assert ran.returncode == 0, ran.stderr[-3000:]
    kept = {table["table"]: table for table in json.loads(ran.stdout.splitlines()[-1])}
    assert kept["gold.revenue_daily"]["rows"] == expected[0][0]
    assert all(table["files_after"] <= table["files_before"] for table in kept.values())
    assert sum(table["deleted"] for table in kept.values()) > 0
    assert lakehouse.rows(REVENUE) == expected


def test_a_second_run_after_maintenance_finds_nothing_new(lakehouse: Cluster) -> None:
    before = Published.of(lakehouse.settings).version("gold.revenue_daily")

    ran = lakehouse.job("jobs.submit", "refresh")

    assert ran.returncode == 0, ran.stderr[-3000:]
    assert Published.of(lakehouse.settings).version("gold.revenue_daily") == before


def test_all_comes_back_after_everything_was_lost(lakehouse: Cluster, tmp_path: Path) -> None:
    expected = lakehouse.rows(REVENUE), lakehouse.rows(METRIC)
    saved = lakehouse.job("jobs.backup", "save", str(tmp_path / "saved"))
    assert saved.returncode == 0, saved.stderr
    lakehouse.way.stop()
    shutil.rmtree(lakehouse.settings.cluster_folder)

    restored = lakehouse.job("jobs.backup", "restore", str(tmp_path / "saved"))

    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert (lakehouse.rows(REVENUE), lakehouse.rows(METRIC)) == expected
    mlflow.set_tracking_uri(str(lakehouse.settings.mlflow_uri))
    assert MlflowClient().get_model_version_by_alias("smoke", "champion").name == "smoke"
    assert lakehouse.job("jobs.submit", "refresh").returncode == 0


def test_a_damaged_backup_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"databases/mlflow.dump": 5}')

    ran = cluster.job("jobs.backup", "restore", str(tmp_path))

    assert ran.returncode == 1
    assert "missing or changed: 1 file, such as databases/mlflow.dump" in ran.stderr
