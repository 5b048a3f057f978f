"""Every service is killed in turn, without and under load, and the object store is down for half a minute: all recover."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from libs.store.published import Published
from libs.superset.api import Superset
from tests.cluster.dashboard_users import dashboard_users
from tests.cluster.losing_proxy import losing_proxy
from tests.cluster.running_cluster import QUICK_SPARK, Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

SERVICES = (
    "mlflow",
    "superset",
    "spark_worker_1",
    "spark_worker_2",
    "metastore",
    "thrift",
    "minio",
    "spark_master",
    "postgres",
)
PEOPLE = 20
Rows = list[tuple[object, ...]]
REVENUE = "select count(*), sum(net_revenue) from gold.revenue_daily"


def strangers(cluster: Cluster) -> set[int]:
    """Processes that supervisor does not know and that listen on a port of the cluster: left behind, they would be in the way."""
    supervisor = psutil.Process(int((cluster.settings.cluster_folder / "supervisor.pid").read_text()))
    known = {process.pid for process in supervisor.children(recursive=True)}
    ports = set(cluster.settings.ports.values())
    there = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN and c.laddr.port in ports]
    return {c.pid for c in there if c.pid is not None} - known


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_service_comes_back(lakehouse: Cluster, service: str) -> None:
    before = lakehouse.way.pid(service)
    os.kill(before, signal.SIGKILL)
    began = time.monotonic()
    time.sleep(1)

    while strangers(lakehouse) and time.monotonic() < began + 60:
        time.sleep(1)
    lakehouse.heal()

    print(f"{service} was back after {time.monotonic() - began:.0f} s")
    assert lakehouse.way.pid(service) != before
    assert strangers(lakehouse) == set()


@pytest.fixture(scope="module")
def expected(lakehouse: Cluster) -> Rows:
    """All revenue before anything was disturbed."""
    return lakehouse.rows(REVENUE)


def test_a_job_and_people_at_dashboards_outlive_all_of_it(lakehouse: Cluster, imported: Superset, expected: Rows) -> None:
    with dashboard_users(PEOPLE) as asked:
        job = lakehouse.started(*lakehouse.demo("--as-of", "2025-11-30"))
        time.sleep(25)
        with lakehouse.way.stopped("minio"):
            time.sleep(30)
        for service in SERVICES:
            time.sleep(8)
            os.kill(lakehouse.way.pid(service), signal.SIGKILL)
        out, _ = job.communicate(timeout=600)
        lakehouse.heal()
        disturbed = len(asked.answers)
        time.sleep(20)
    meanwhile = lakehouse.rows(REVENUE)

    print(
        f"the job ended with {job.returncode}; {len(asked.answers)} answers, {len(asked.failures)} times none, last {asked.failures[-1:]}"
    )
    assert job.returncode in (0, 1), out[-3000:]
    assert "Traceback" not in out
    assert 0 < disturbed < len(asked.answers)
    assert {round(answer, 2) for answer in asked.answers} <= {round(float(str(rows[0][1])), 2) for rows in (expected, meanwhile)}


def test_an_answer_that_is_lost_after_a_write_loses_and_doubles_nothing(
    lakehouse: Cluster, expected: Rows, tmp_path: Path
) -> None:
    with losing_proxy(f"127.0.0.1:{lakehouse.settings.ports['minio']}", "gold/revenue_daily/_delta_log/0") as proxy:
        (tmp_path / "cluster.yaml").write_text(f"{QUICK_SPARK}s3: {{endpoint: '{proxy.address}'}}\n")
        ran = lakehouse.job(*lakehouse.demo(), CONF=str(tmp_path))

    assert len(proxy.lost) == 1
    assert ran.returncode in (0, 1), ran.stderr[-3000:]
    assert "Traceback" not in ran.stderr
    again = lakehouse.job(*lakehouse.demo())
    assert again.returncode == 0, again.stderr[-3000:]
    assert lakehouse.rows(REVENUE) == expected


def test_services_end_with_a_killed_supervisor_and_start_again(lakehouse: Cluster) -> None:
    os.kill(int((lakehouse.settings.cluster_folder / "supervisor.pid").read_text()), signal.SIGKILL)
    time.sleep(10)

    assert lakehouse.job("jobs.cluster", "up").returncode == 0


def test_the_tables_can_be_read_afterwards(lakehouse: Cluster) -> None:
    rows = Published.of(lakehouse.settings).arrow("gold.revenue_daily").to_table(columns=["net_revenue"]).column(0).to_pylist()

    assert lakehouse.rows(REVENUE) == [(len(rows), sum(rows))]
