"""A whole cluster of its own for the tests: other ports, another folder, native processes. It is taken down at the end."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyhive import hive

from libs.cluster.definition import services
from libs.cluster.environment import variables
from libs.cluster.health import wait_until_healthy
from libs.cluster.native import Native
from libs.settings.config import Settings, load_settings
from libs.settings.project import PROJECT_ROOT

# Enough for every chart to have something to show: several orders a day.
GENERATED = ("--users", "1200", "--start", "2025-07-01", "--end", "2026-01-01")
# Short queries: compiling them would take longer than they run.
QUICK_SPARK = """
spark:
  shuffle_partitions: 1
  snapshot_partitions: 1
  java_options: "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC -Xss4m"
  conf:
    spark.sql.codegen.wholeStage: "false"
    spark.sql.codegen.factoryMode: NO_CODEGEN
    spark.executor.extraJavaOptions: "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""
# A few trees, and value by few buyers, so that every table of models has rows.
QUICK_MODELS = "training: {trials: 2, rounds: 60, resamples: 40}\nvalue: {min_repeat_buyers: 10}\n"


@dataclass(frozen=True)
class Cluster:
    """A running cluster, the environment that names it, raw files for its job, and how long it took to become healthy."""

    env: dict[str, str]
    settings: Settings
    way: Native
    data: Path
    seconds: float

    def demo(self, *words: str) -> tuple[str, ...]:
        """The words for the main job on the raw files."""
        return ("jobs.submit", "demo", "--data", str(self.data), *words)

    def job(self, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run a job to its end."""
        return subprocess.run(
            self.command(*words), env={**self.env, **env}, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
        )

    def started(self, *words: str) -> "subprocess.Popen[str]":
        """Start a job."""
        return subprocess.Popen(
            self.command(*words), env=self.env, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def command(self, *words: str) -> list[str]:
        """The command line of a job."""
        return [sys.executable, "-m", *words]

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What the Thrift server answers."""
        with hive.connect("127.0.0.1", port=self.settings.ports["thrift"]) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]

    def heal(self) -> None:
        """Wait until every service is healthy."""
        wait_until_healthy(self.way, self.way.services.values(), 120, lambda line: None)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster, from nothing to healthy."""
    folder = Path(tempfile.mkdtemp(prefix="lakehouse-"))
    # PostgreSQL may run as another user, who has to get through.
    folder.chmod(0o755)
    (folder / "conf").mkdir()
    (folder / "conf" / "cluster.yaml").write_text(QUICK_SPARK)
    (folder / "conf" / "models.yaml").write_text(QUICK_MODELS)
    env = {
        **os.environ,
        "CONF": str(folder / "conf"),
        "PROFILE": "cluster",
        "LAKEHOUSE_CLUSTER": str(folder / "cluster"),
        "REPORT": str(folder / "report.html"),
    }
    env |= {"PYTHONPATH": str(PROJECT_ROOT), **_free_ports(load_settings({"PROFILE": "cluster"}))}
    settings = load_settings(env)
    way = Native(settings, services(PROJECT_ROOT), variables(settings))
    try:
        began = time.monotonic()
        up = subprocess.run(
            [sys.executable, "-m", "jobs.cluster", "up", "--native"],
            env=env,
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert up.returncode == 0, up.stdout + up.stderr
        seconds = time.monotonic() - began
        with pytest.MonkeyPatch.context() as patch:
            # What a test asks Superset and the Thrift server by.
            for name, value in way.known.items():
                patch.setenv(name, value)
            yield Cluster(env, load_settings(env), way, folder / "data", seconds)
    finally:
        way.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def lakehouse(cluster: Cluster) -> Cluster:
    """The cluster with the tables of generated data and of models, made by `spark-submit`."""
    made = cluster.job("jobs.generate", "--out", str(cluster.data), *GENERATED)
    assert made.returncode == 0, made.stderr
    for words in (cluster.demo(), ("jobs.submit", "run_models")):
        ran = cluster.job(*words)
        assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return cluster


def _free_ports(settings: Settings) -> dict[str, str]:
    with ExitStack() as open_sockets:
        found = {}
        for name in settings.ports:
            listening = open_sockets.enter_context(socket.socket())
            listening.bind(("127.0.0.1", 0))
            found[f"LAKEHOUSE_PORT_{name.upper()}"] = str(listening.getsockname()[1])
        return found
