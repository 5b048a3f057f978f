"""`make` lists its commands, and hands values on as they were given."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from libs.settings.project import PROJECT_ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*arguments: str) -> str:
    """Run without what a surrounding `make test ARGS=…` hands down."""
    env = {"PATH": os.environ["PATH"]}
    command = ["make", "-s", *arguments]
    return subprocess.run(command, cwd=PROJECT_ROOT, env=env, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def python_that_prints(tmp_path: Path) -> str:
    """Stands for Python: prints its arguments, and two of its variables, one a line."""
    script = tmp_path / "python"
    code = 'import os, sys; print(*sys.argv[1:], os.environ["LAKEHOUSE_ROOT"], os.environ["CONF"], sep="\\n")'
    script.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{code}' \"$@\"\n")
    script.chmod(0o755)
    return str(script)


def test_make_alone_lists_every_command() -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)$", (PROJECT_ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"^  make (\S+) +\S", make(), re.MULTILINE)) == targets - {"help"}


def test_values_with_blanks_and_quotes_arrive_whole(python_that_prints: str) -> None:
    values = ["DATA=/my data/it's", "AS_OF=2024-01-31", "USERS=", "LAKEHOUSE_ROOT=a b", 'CONF="c"']

    printed = make("demo", "READY=", f"PY={python_that_prints}", *values)

    assert printed.splitlines() == [
        *("-m", "jobs.demo", "--data", "/my data/it's", "--as-of", "2024-01-31"),
        *("a b", '"c"'),
    ]
