"""One run at a time works on a folder of tables; another waits, then reports who holds it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from libs.locks.lease import LeaseTaken, lease

HOLD = """
import sys, time, pathlib
from libs.locks.lease import lease
with lease(pathlib.Path(sys.argv[1]), "jobs.demo", 0):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def holder(folder: Path, seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder), str(seconds)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_the_second_reports_who_holds_the_lease(tmp_path: Path) -> None:
    first = holder(tmp_path, 60)
    try:
        with (
            pytest.raises(LeaseTaken, match=rf"in use by jobs.demo \(process {first.pid} on "),
            lease(tmp_path, "b", 0),
        ):
            pass
    finally:
        first.kill()
        first.wait()


def test_the_second_waits_for_the_first_to_end(tmp_path: Path) -> None:
    first = holder(tmp_path, 1)
    said: list[str] = []
    with lease(tmp_path, "second", 30, said.append):
        assert first.wait(5) == 0
    assert "waiting up to 30 s" in said[0]


def test_a_killed_holder_leaves_no_lease_behind(tmp_path: Path) -> None:
    first = holder(tmp_path, 60)
    first.kill()
    first.wait()
    began = time.monotonic()
    with lease(tmp_path, "second", 30):
        assert time.monotonic() - began < 10
