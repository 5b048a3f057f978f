"""Set-up brings an environment in line with the lock, remembers for what, and shows how far it is. A stand-in for uv is run."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from libs.packages import install as module
from libs.packages.install import install
from libs.packages.progress import Reported, follow
from libs.packages.selection import PackagesError
from libs.packages.stamps import digest, installed
from libs.settings.project import PROJECT_ROOT

PROJECT = """
[project]
name = "ours"
dependencies = ["a"]
[project.optional-dependencies]
setup = ["uv"]
s3 = ["b"]
test = ["ours[s3]", "c"]
"""
LOCK = "a==1\nb==1\nc==1\nuv==1\n"
UV = """Using Python 3.11.7 environment at: v
Resolved 4 packages in 65ms
Downloading numpy (1.5MiB)
Downloading pandas (2.5MiB)
   Building pyspark==4.2.0
 Downloaded numpy
"""
DONE = """      Built pyspark==4.2.0
Installed 2 packages in 38ms
 - numpy==2.4.5
 + numpy==2.4.6
 + pandas==2.3.3
 - six==1.17.0
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "requirements.lock").write_text(LOCK)
    (tmp_path / ".venv").mkdir()
    return tmp_path


@pytest.fixture
def synced(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The packages of each call of uv, which succeeds."""
    calls: list[list[str]] = []

    def uv(command: list[str], out: io.TextIOBase) -> tuple[int, Reported]:
        calls.append(Path(command[-1]).read_text().split())
        return 0, Reported()

    monkeypatch.setattr(module, "follow", uv)
    return calls


def test_the_base_and_uv_are_installed_with_every_extra(checkout: Path, synced: list[list[str]]) -> None:
    install(["base"], checkout, checkout / ".venv")
    install(["test"], checkout, checkout / ".venv")

    assert synced == [["a==1", "uv==1"], ["a==1", "b==1", "c==1", "uv==1"]]
    assert list(installed(checkout / ".venv")) == ["base", "s3", "test"]


def test_what_was_installed_before_stays_and_takes_the_new_lock(checkout: Path, synced: list[list[str]]) -> None:
    install(["s3"], checkout, checkout / ".venv")
    (checkout / "requirements.lock").write_text(LOCK.replace("b==1", "b==2"))
    install(["base"], checkout, checkout / ".venv")

    assert synced[-1] == ["a==1", "b==2", "uv==1"]
    assert installed(checkout / ".venv") == dict.fromkeys(("base", "s3"), digest(checkout / "requirements.lock"))


def test_an_extra_that_is_no_more_is_forgotten(checkout: Path, synced: list[list[str]]) -> None:
    install(["test"], checkout, checkout / ".venv")
    (checkout / "pyproject.toml").write_text(PROJECT.replace('test = ["ours[s3]", "c"]', ""))
    install(["base"], checkout, checkout / ".venv")

    assert synced[-1] == ["a==1", "b==1", "uv==1"]
    assert list(installed(checkout / ".venv")) == ["base", "s3"]


def test_a_failure_leaves_no_stamp_and_shows_what_uv_said(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "follow", lambda command, out: (2, Reported(lines=["error: no route\n"])))

    with pytest.raises(PackagesError, match="could not be installed"):
        install(["base"], checkout, checkout / ".venv")
    assert capsys.readouterr().err == "error: no route\n"
    assert installed(checkout / ".venv") == {}


def after(*texts: str) -> Reported:
    said = Reported()
    for line in "".join(texts).splitlines():
        said.read(line)
    return said


def test_progress_counts_what_was_downloaded() -> None:
    assert str(after(UV)) == "installing 4 packages, 2 of 4 MB downloaded, fetching and building pyspark"
    assert str(Reported()) == "installing packages"


def test_what_was_installed_and_removed_is_counted() -> None:
    said = after(UV, DONE)

    assert (said.added, said.removed - said.added) == ({"numpy", "pandas"}, {"six"})


def test_no_line_a_package_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.packages.progress.TICK_SECONDS", 0.05)
    speaks = f"import sys, time; sys.stderr.write({UV!r}); sys.stderr.flush(); time.sleep(1.2); sys.stderr.write({DONE!r})"
    out = io.StringIO()

    status, said = follow([sys.executable, "-c", speaks], out)

    assert (status, said.packages) == (0, 4)
    assert out.getvalue() == "installing 4 packages, 2 of 4 MB downloaded, fetching and building pyspark, 1 s\n"


def test_the_command_names_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "libs.packages.install", "moon"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 1
    assert ran.stderr.startswith("packages: EXTRAS=moon: there is no such extra in pyproject.toml, only ")
    assert ran.stderr.count("\n") == 1
