import os
import sys
from pathlib import Path

import pytest

from lakehouse.bench.process import PAGE_BYTES, measured, resident_bytes
from libs.errors import InputError


def _stat(proc: Path, pid: int, name: str, parent: int, pages: int) -> None:
    (proc / str(pid)).mkdir()
    rest = [str(n) for n in range(5, 24)]
    (proc / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent} {' '.join(rest)} {pages} 0\n")


def test_memory_is_that_of_the_process_and_all_below_it(tmp_path: Path) -> None:
    _stat(tmp_path, 10, "python", 1, 100)
    _stat(tmp_path, 11, "java (main) 2", 10, 20)
    _stat(tmp_path, 12, "worker", 11, 3)
    _stat(tmp_path, 13, "someone else", 1, 5000)

    assert resident_bytes(10, tmp_path) == 123 * PAGE_BYTES


def test_a_system_without_proc_reports_no_memory(tmp_path: Path) -> None:
    assert resident_bytes(10, tmp_path / "missing") == 0


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
def test_a_command_is_timed_and_its_child_is_counted(tmp_path: Path) -> None:
    child = "import time; held = bytearray(60_000_000); time.sleep(0.6)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); print('done')"

    run = measured([sys.executable, "-c", parent], tmp_path, os.environ, tmp_path / "logs" / "run.log")

    assert run.printed == "done\n"
    assert run.seconds >= 0.6
    assert run.peak_mb is not None
    assert run.peak_mb > 60


def test_a_command_that_fails_is_reported_with_the_last_line_of_its_log(tmp_path: Path) -> None:
    broken = "import sys; print('first', file=sys.stderr); sys.exit('no such folder')"

    with pytest.raises(InputError, match=r"ended with 1: no such folder \(all of it in .*run\.log\)"):
        measured([sys.executable, "-c", broken], tmp_path, os.environ, tmp_path / "run.log")
