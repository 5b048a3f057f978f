"""Every job can be asked for its usage where only the base is installed; what needs more is named with the command to install it."""

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from libs.packages.selection import Project, normal, pins, selected
from libs.settings.project import PROJECT_ROOT

JOBS = sorted(path.stem for path in (PROJECT_ROOT / "jobs").glob("*.py") if "\ndef main(" in path.read_text())
USAGES = """
import contextlib, importlib, io, sys
for name in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(sys.stdout), contextlib.suppress(SystemExit):
        importlib.import_module(f"jobs.{name}").main(["--help"])
    print(name)
"""


@pytest.fixture(scope="module")
def base_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of links to the packages of the base that are installed here."""
    site = tmp_path_factory.mktemp("site")
    project = Project.of((PROJECT_ROOT / "pyproject.toml").read_text())
    for pin in selected(pins((PROJECT_ROOT / "requirements.lock").read_text()), project.asked_for([])):
        for name, target in _installed(pin.name).items():
            # Parts of a namespace, such as google, share a folder.
            if not (site / name).exists():
                (site / name).symlink_to(target)
    return site


def _installed(package: str) -> dict[str, Path]:
    """The files and folders of a package beside those of others; none of one that is for other systems."""
    try:
        found = distribution(package)
    except PackageNotFoundError:
        return {}
    assert normal(found.name) == package
    names = {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}
    return {name: Path(str(found.locate_file(name))) for name in names}


def python(site: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """-S leaves out what else is installed."""
    known = {**os.environ, "PYTHONPATH": f"{PROJECT_ROOT}{os.pathsep}{site}", **env}
    command = [sys.executable, "-S", *arguments]
    return subprocess.run(command, cwd=PROJECT_ROOT, env=known, capture_output=True, text=True, check=False)


def test_every_job_prints_its_usage(base_alone: Path) -> None:
    assert {"demo", "refresh", "query", "submit", "smoke_model", "picture_dashboards"} <= set(JOBS)

    ran = python(base_alone, "-c", USAGES, *JOBS)

    assert ran.stderr == ""
    assert ran.stdout.splitlines() == JOBS


@pytest.mark.parametrize(
    ("job", "env", "said"),
    [
        (
            ["demo"],
            {"PROFILE": "cluster"},
            "s3a://lakehouse needs the package s3fs, which is not installed: run `make setup EXTRAS=s3`",
        ),
        (["bench"], {}, "one of the peers needs the package chdb, which is not installed: run `make setup EXTRAS=bench`"),
        (
            ["cluster", "status"],
            {},
            "the local cluster needs the package supervisor, which is not installed: run `make setup EXTRAS=cluster`",
        ),
        (
            ["smoke_model"],
            {"PROFILE": "cluster"},
            "a model needs the package mlflow, which is not installed: run `make setup EXTRAS=ml`",
        ),
        (["serve"], {}, "serving needs the package fastapi, which is not installed: run `make setup EXTRAS=serve`"),
    ],
)
def test_what_is_missing_is_named_in_one_line(
    job: list[str], env: dict[str, str], said: str, base_alone: Path, tmp_path: Path
) -> None:
    ran = python(base_alone, "-m", f"jobs.{job[0]}", *job[1:], LAKEHOUSE_CLUSTER=str(tmp_path), **env)

    assert (ran.returncode, ran.stderr) == (1, f"{job[0]}: {said}\n")
