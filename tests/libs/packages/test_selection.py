"""The part of a lock that a command needs: what it asks for, what that pulls in, and nothing else."""

import subprocess
import sys

import pytest

from libs.packages.selection import PackagesError, Pin, Project, part_of_lock, pins, selected
from libs.settings.project import PROJECT_ROOT

PROJECT = """
[project]
name = "Our_Lakehouse"
dependencies = ["spark==4.2", "Shared.Thing>=1"]
[project.optional-dependencies]
setup = ["uv"]
s3 = ["store[fast, safe]>=2"]
cluster = ["our-lakehouse[s3]", "super-visor==4; sys_platform != 'win32'"]
test = ["our-lakehouse[cluster]", "tester"]
"""
LOCK = """\
deep==1 \\
    --hash=sha256:d0 \\
    --hash=sha256:d1
    # via mid
mid==2 ; sys_platform != 'darwin' \\
    --hash=sha256:a0
    # via store
shared-thing==1 \\
    --hash=sha256:b0
    # via
    #   our-lakehouse (pyproject.toml)
    #   tester
spark==4.2 \\
    --hash=sha256:c0
    # via our-lakehouse (pyproject.toml)
store==2 ; python_full_version < '3.12' \\
    --hash=sha256:e0
    # via our-lakehouse (pyproject.toml)
store==3 ; python_full_version >= '3.12' \\
    --hash=sha256:e1
    # via our-lakehouse (pyproject.toml)
super-visor==4 ; sys_platform != 'win32' \\
    --hash=sha256:f0
    # via our-lakehouse (pyproject.toml)
tester==1 \\
    --hash=sha256:aa
    # via our-lakehouse (pyproject.toml)
uv==0.13 \\
    --hash=sha256:bb
    # via our-lakehouse (pyproject.toml)
via-x==1 \\
    --hash=sha256:cc
    # via
    #   shared-thing
    #   via-y
"""


@pytest.fixture(scope="module")
def project() -> Project:
    return Project.of(PROJECT)


def names(project: Project, *extras: str) -> list[str]:
    return [pin.name for pin in selected(pins(LOCK), project.asked_for(extras))]


def test_the_base_is_the_dependencies_and_what_they_pull_in(project: Project) -> None:
    assert names(project) == ["shared-thing", "spark", "via-x"]


def test_an_extra_adds_what_it_pulls_in_at_any_depth_and_each_version_of_it(project: Project) -> None:
    assert names(project, "s3") == ["deep", "mid", "shared-thing", "spark", "store", "store", "via-x"]


def test_an_extra_may_include_others(project: Project) -> None:
    assert project.within(["test"]) == {"base", "s3", "cluster", "test"}
    assert set(names(project, "test")) == {*names(project, "s3"), "super-visor", "tester"}


def test_a_package_keeps_its_marker_and_every_hash() -> None:
    assert pins(LOCK)[:2] == [
        Pin("deep", "deep==1 \\\n    --hash=sha256:d0 \\\n    --hash=sha256:d1\n    # via mid", frozenset({"mid"})),
        Pin("mid", "mid==2 ; sys_platform != 'darwin' \\\n    --hash=sha256:a0\n    # via store", frozenset({"store"})),
    ]


def test_an_unknown_extra_is_named_with_those_that_exist(project: Project) -> None:
    with pytest.raises(PackagesError) as raised:
        project.within(["moon"])

    assert str(raised.value) == "EXTRAS=moon: there is no such extra in pyproject.toml, only base, cluster, s3, setup, test"


def test_a_lock_that_lacks_what_is_asked_for_is_to_be_made_again(project: Project) -> None:
    with pytest.raises(PackagesError, match=r"lacks tester, which pyproject\.toml asks for: run `make lock`"):
        selected([pin for pin in pins(LOCK) if pin.name != "tester"], project.asked_for(["test"]))


@pytest.fixture(scope="module")
def ours() -> Project:
    return Project.of((PROJECT_ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def locked() -> list[Pin]:
    return pins((PROJECT_ROOT / "requirements.lock").read_text())


def test_the_main_job_does_without_what_tests_models_and_clusters_need(ours: Project, locked: list[Pin]) -> None:
    base = {pin.name for pin in selected(locked, ours.asked_for([]))}
    heavy = {"chdb", "playwright", "mlflow", "shap", "llvmlite", "pytest", "boto3", "supervisor", "mypy", "matplotlib"}

    assert {"pyspark", "duckdb", "deltalake", "great-expectations"} <= base
    assert heavy <= {pin.name for pin in locked}
    assert heavy & base == set()
    assert [name for name in base if name.startswith(("xgboost", "nvidia"))] == []


def test_every_package_of_the_lock_belongs_to_an_extra(ours: Project, locked: list[Pin]) -> None:
    assert selected(locked, ours.asked_for(ours.requirements)) == locked


def test_nothing_for_graphics_cards_is_locked(locked: list[Pin]) -> None:
    assert [pin.name for pin in locked if pin.name.startswith(("nvidia", "cuda"))] == []
    assert {pin.name: pin.lines.split(" ; ")[1].split(" \\")[0] for pin in locked if pin.name.startswith("xgboost")} == {
        "xgboost": "platform_machine != 'x86_64' and sys_platform == 'darwin'",
        "xgboost-cpu": "sys_platform != 'darwin'",
    }


def test_the_lock_names_no_registry() -> None:
    assert "://" not in (PROJECT_ROOT / "requirements.lock").read_text()


def test_it_runs_before_anything_is_installed() -> None:
    """-S leaves site-packages out: this Python has its standard library alone."""
    code = "import runpy, sys; sys.argv = ['', 'check']; runpy.run_module('libs.packages.selection', run_name='__main__')"
    ran = subprocess.run([sys.executable, "-S", "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == part_of_lock(PROJECT_ROOT, ["check"])
