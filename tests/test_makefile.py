"""`make` lists its commands, and passes values on unchanged."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from libs.settings.project import PROJECT_ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*arguments: str) -> str:
    """Run without the variables that a surrounding `make test ARGS=…` passes on."""
    env = {"PATH": os.environ["PATH"]}
    command = ["make", "-s", *arguments]
    return subprocess.run(command, cwd=PROJECT_ROOT, env=env, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def python_that_prints(tmp_path: Path) -> str:
    """A stand-in for Python: prints its arguments, and two of its variables, one per line."""
    script = tmp_path / "python"
    code = 'import os, sys; print(*sys.argv[1:], os.environ["LAKEHOUSE_ROOT"], os.environ["CONF"], sep="\\n")'
    script.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{code}' \"$@\"\n")
    script.chmod(0o755)
    return str(script)


@pytest.fixture
def installed_for(tmp_path: Path) -> Callable[..., list[str]]:
    """The extras that set-up is asked for by a command in a checkout where nothing is installed yet; Python is a stand-in."""
    script, linter = tmp_path / "python", tmp_path / "venv" / "bin" / "lint-imports"
    linter.parent.mkdir(parents=True)
    for program in (script, linter):
        program.write_text('#!/bin/sh\necho "$@"\n')
        program.chmod(0o755)

    def installed(*arguments: str) -> list[str]:
        printed = make(*arguments, f"PY={script}", f"VENV={tmp_path}/venv", f"JARS={tmp_path}/jars", "NATIVE=")
        return re.findall(r"^-m libs\.packages\.install (.+)$", printed, re.MULTILINE)

    return installed


def test_make_alone_lists_every_command() -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)$", (PROJECT_ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"^  make (\S+) +\S", make(), re.MULTILINE)) == targets - {"help"}


def test_values_with_blanks_and_quotes_arrive_whole(python_that_prints: str) -> None:
    values = ["DATA=/my data/it's", "AS_OF=2024-01-31", "USERS=", "LAKEHOUSE_ROOT=a b", 'CONF="c"']

    printed = make("demo", "READY=", "MODELS=", f"PY={python_that_prints}", *values)

    assert printed.splitlines() == [
        *("-m", "jobs.demo", "--data", "/my data/it's", "--as-of", "2024-01-31"),
        *("a b", '"c"'),
    ]


@pytest.mark.parametrize(
    ("command", "extras"),
    [
        ("demo", ["base", "ml"]),
        ("train", ["base", "ml"]),
        ("score", ["base", "ml"]),
        ("generate", ["base"]),
        ("query", ["base"]),
        ("replay", ["base"]),
        ("docs", ["base"]),
        ("doctor", []),
        ("up", ["cluster", "base"]),
        ("submit", ["cluster", "base"]),
        ("test", ["test", "base"]),
        ("check", ["check"]),
        ("bench", ["bench", "ml", "base"]),
        ("serve", ["serve"]),
    ],
)
def test_a_command_installs_what_it_needs(command: str, extras: list[str], installed_for: Callable[..., list[str]]) -> None:
    """The stand-in leaves no stamps, so that the jars ask for the base again."""
    assert installed_for(command) == extras


def test_the_jars_of_spark_are_fetched_unless_another_engine_is_asked_for(tmp_path: Path) -> None:
    dry = ("setup", "PY=true", f"JARS={tmp_path}/jars", "--dry-run")
    assert "libs.engines.jars" in make(*dry)
    assert "libs.engines.jars" not in make(*dry, "ENGINE=native")


def test_tables_on_the_cluster_need_its_packages(installed_for: Callable[..., list[str]]) -> None:
    assert installed_for("query", "PROFILE=cluster") == ["cluster", "base"]


def test_more_packages_are_installed_at_once(installed_for: Callable[..., list[str]]) -> None:
    assert installed_for("setup", "EXTRAS=cluster test") == ["base", "cluster test"]


def test_every_extra_that_a_command_needs_exists() -> None:
    extras = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

    named = set(re.findall(r"\$\(VENV\)/installed/([a-z0-9-]+)", (PROJECT_ROOT / "Makefile").read_text()))
    assert named <= {"base", *extras}
    assert {"check", "test", "cluster", "bench"} <= named
