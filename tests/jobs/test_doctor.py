"""The doctor prints what it finds, ends with 1 when something is wrong, and needs nothing installed."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.doctor import as_text, gigabytes, main, needs_from_settings
from libs.machine import Finding, Probes
from libs.settings.project import PROJECT_ROOT


def test_the_settings_say_what_the_machine_needs() -> None:
    needs, finding = needs_from_settings(replace(Probes(), env={"LAKEHOUSE_ROOT": "/data", "LAKEHOUSE_DRIVER_MEMORY": "512m"}))

    assert finding.ok
    assert (needs.lakehouse_root, needs.driver_memory, needs.extra) == ("/data", 0.5, "base")


@pytest.mark.parametrize(
    ("env", "extra"), [({"PROFILE": "cluster"}, "cluster"), ({"LAKEHOUSE_ROOT": "s3a://lakehouse"}, "s3"), ({}, "base")]
)
def test_the_settings_say_which_packages_are_needed(env: dict[str, str], extra: str) -> None:
    assert needs_from_settings(replace(Probes(), env=env))[0].extra == extra


def test_wrong_settings_are_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--json"], replace(Probes(), env={"PROFILE": "moon"}))

    printed = json.loads(capsys.readouterr().out)
    assert status == 1
    assert not printed["ok"]
    assert printed["findings"][-1]["seen"].startswith("PROFILE=moon: conf/moon.yaml does not exist")


def test_a_fix_is_printed_under_what_is_wrong() -> None:
    text = as_text([Finding("java", False, "Java was not found", "install one"), Finding("python", True, "3.12")])

    assert text.splitlines() == [
        "WRONG java    Java was not found",
        "              -> install one",
        "ok    python  3.12",
    ]


@pytest.mark.parametrize(("memory", "size"), [("4g", 4), ("512m", 0.5), ("2G", 2)])
def test_memory_is_read_as_spark_writes_it(memory: str, size: float) -> None:
    assert gigabytes(memory) == size


def test_it_runs_before_anything_is_installed(tmp_path: Path) -> None:
    """-S excludes site-packages: this Python has only its standard library."""
    code = "import sys; from jobs.doctor import main; sys.exit(main(['--json']))"
    ran = subprocess.run([sys.executable, "-S", "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)

    assert ran.stderr == ""
    assert json.loads(ran.stdout)["findings"][-1]["seen"] == "not read yet: their libraries come with `make setup`"


def test_wrong_usage_ends_with_two() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--colour"])

    assert ended.value.code == 2
