"""What the imports checker can't check about the project's folders."""

import subprocess
import tomllib

import pytest

from libs.settings.project import PROJECT_ROOT

CODE = ("jobs", "lakehouse", "libs", "ml")
MODULES = sorted(path for folder in CODE for path in (PROJECT_ROOT / folder).rglob("*.py"))


def test_every_package_of_ours_is_checked_for_the_direction_of_its_imports() -> None:
    checked = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]

    assert sorted(checked) == sorted({path.relative_to(PROJECT_ROOT).parts[0] for path in MODULES})


@pytest.mark.parametrize("shadow", ["superset/__init__.py", "superset.py", "jobs/ml.py", "ml.py"])
def test_nothing_shadows_a_real_package(shadow: str) -> None:
    assert not (PROJECT_ROOT / shadow).exists()


@pytest.mark.skipif(not (PROJECT_ROOT / ".git").exists(), reason="not a git checkout")
def test_a_clone_brings_nothing_that_is_made_in_it() -> None:
    """An environment that was committed by mistake, be it as a link, would prevent `make demo` from creating one."""

    def tracked(*options: str) -> list[str]:
        done = subprocess.run(["git", "ls-files", *options], cwd=PROJECT_ROOT, check=True, capture_output=True, text=True)
        return done.stdout.splitlines()

    assert tracked("--cached", "--ignored", "--exclude-standard") == []
    assert [line for line in tracked("--stage") if line.startswith("120000")] == []


def test_only_the_engines_make_a_session() -> None:
    makers = [str(path.relative_to(PROJECT_ROOT)) for path in MODULES if "SparkSession.builder" in path.read_text()]

    assert sorted(makers) == ["libs/engines/native.py", "libs/engines/spark.py"]
