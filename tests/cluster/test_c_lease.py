"""One writer at a time, by a lock in PostgreSQL: it names its holder, and survives the server's restart but not the holder."""

import os
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager

import pytest

from libs.locks.lease import LeaseTaken, LeaseUnavailable
from libs.locks.writing import writing
from libs.settings.project import PROJECT_ROOT
from tests.cluster.running_cluster import Cluster

pytestmark = pytest.mark.cluster

HOLD = """
import sys, time
from libs.settings.config import load_settings
from libs.locks.writing import writing
with writing(load_settings(), "first", print):
    print("held", flush=True)
    time.sleep(float(sys.argv[1]))
"""


def holder(cluster: Cluster, seconds: float) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", HOLD, str(seconds)]
    process = subprocess.Popen(
        command, env=cluster.env, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def impatient(cluster: Cluster, seconds: float = 0) -> AbstractContextManager[None]:
    return writing(cluster.settings.model_copy(update={"lock_wait_seconds": seconds}), "second", lambda line: None)


def test_the_second_reports_who_holds_the_lease(cluster: Cluster) -> None:
    first = holder(cluster, 60)
    try:
        with pytest.raises(LeaseTaken, match=rf"s3a://lakehouse is in use by first \(process {first.pid} on .*since .* UTC"):
            impatient(cluster).__enter__()
    finally:
        first.kill()
        first.wait()


def test_the_second_waits_for_the_first_to_end(cluster: Cluster) -> None:
    first = holder(cluster, 3)
    with impatient(cluster, 30):
        assert first.wait(5) == 0


def test_a_killed_holder_leaves_no_lease_behind(cluster: Cluster) -> None:
    first = holder(cluster, 60)
    first.kill()
    first.wait()
    began = time.monotonic()
    with impatient(cluster, 30):
        assert time.monotonic() - began < 10


def test_a_holder_keeps_its_lease_when_the_database_is_killed(cluster: Cluster) -> None:
    first = holder(cluster, 45)
    try:
        os.kill(cluster.way.pid("postgres"), signal.SIGKILL)
        time.sleep(2)
        cluster.heal()
        time.sleep(12)
        with pytest.raises(LeaseTaken, match="in use by first"):
            impatient(cluster).__enter__()
        assert first.poll() is None
    finally:
        first.kill()
        first.wait()


def test_a_wrong_password_is_one_line_without_the_password(cluster: Cluster) -> None:
    ran = cluster.job("jobs.refresh", LAKEHOUSE_DATABASE_PASSWORD="hushhush")

    assert ran.returncode == 1
    assert "password authentication failed" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert "hushhush" not in ran.stdout + ran.stderr


@pytest.mark.parametrize("job", ["jobs.report", "jobs.maintain_tables"])
def test_a_wrong_key_is_one_line_without_the_key(cluster: Cluster, job: str) -> None:
    ran = cluster.job(job, S3_SECRET_KEY="hushhush")

    assert ran.returncode == 1
    assert "refuses the key: set S3_ACCESS_KEY" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert "hushhush" not in ran.stdout + ran.stderr


def test_without_an_answer_nothing_is_written(cluster: Cluster) -> None:
    nowhere = cluster.settings.model_copy(update={"lease_database": "postgresql://lakehouse@127.0.0.1:1/lakehouse"})
    with pytest.raises(LeaseUnavailable, match=r"127\.0\.0\.1:1/lakehouse: .*make up"):
        writing(nowhere, "second").__enter__()
