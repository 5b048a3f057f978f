"""The services are healthy, listen only on the loopback address, print no secrets and fit the memory."""

import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from libs.cluster.native import log_folder
from libs.cluster.secrets import kept_secrets
from libs.settings.config import secrets_file
from tests.cluster.running_cluster import Cluster

pytestmark = pytest.mark.cluster

MOST_GIGABYTES = 8
T = TypeVar("T")


def processes(cluster: Cluster) -> list[psutil.Process]:
    """Supervisor and everything below it."""
    supervisor = psutil.Process(int((cluster.settings.cluster_folder / "supervisor.pid").read_text()))
    return [supervisor, *supervisor.children(recursive=True)]


def of_each(cluster: Cluster, ask: Callable[[psutil.Process], T]) -> list[T]:
    """What each process answers; some, of probes and of the database, end while they are asked."""
    answers = []
    for process in processes(cluster):
        with suppress(psutil.NoSuchProcess):
            answers.append(ask(process))
    return answers


def test_every_service_is_healthy(cluster: Cluster) -> None:
    ran = cluster.job("jobs.cluster", "status")

    assert ran.returncode == 0
    assert {"postgres", "minio", "metastore", "spark_master", "thrift", "mlflow"} <= set(ran.stdout.split())
    assert "NOT WELL" not in ran.stdout
    print(f"healthy after {cluster.seconds:.0f} s")


def test_nothing_listens_beyond_the_loopback_address(cluster: Cluster) -> None:
    listening = {
        (name, c.laddr.ip, c.laddr.port)
        for name, connections in of_each(cluster, lambda p: (p.name(), p.net_connections(kind="tcp")))
        for c in connections
        if c.status == psutil.CONN_LISTEN
    }

    assert {port for _, _, port in listening} >= {p for n, p in cluster.settings.ports.items() if n != "superset"}
    assert {entry for entry in listening if entry[1] not in ("127.0.0.1", "::1", "::ffff:127.0.0.1")} == set()


def test_the_secrets_are_private_and_in_no_command_line_or_log(cluster: Cluster) -> None:
    folder = cluster.settings.cluster_folder
    secrets = kept_secrets(folder)
    logs = [path for path in log_folder(cluster.settings).glob("*.log") if path.is_file()]

    assert logs
    assert len(set(secrets.values())) == len(secrets)
    assert {stat.S_IMODE(p.stat().st_mode) for p in (secrets_file(folder), folder / "supervisord.conf")} == {0o600}
    texts = [path.read_text(errors="replace") for path in logs]
    texts += of_each(cluster, lambda p: " ".join(p.cmdline()))
    texts += [(folder / "thrift" / "spark.conf").read_text()]
    assert [name for name, value in secrets.items() if any(value in text for text in texts)] == []


def test_all_of_it_fits_eight_gigabytes(cluster: Cluster) -> None:
    used = sum(of_each(cluster, lambda p: int(p.memory_full_info().pss))) / 1024**3

    print(f"{used:.1f} GiB")
    assert used < MOST_GIGABYTES


def test_a_second_up_changes_nothing(cluster: Cluster) -> None:
    before = {process.pid for process in processes(cluster)}

    assert cluster.job("jobs.cluster", "up").returncode == 0
    assert Path(f"/proc/{min(before)}").exists()
    assert psutil.Process(int((cluster.settings.cluster_folder / "supervisor.pid").read_text())).pid in before
