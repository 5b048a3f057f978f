"""Each thing that can be wrong with a machine is found, with its fix."""

import socket
from pathlib import Path

import pytest

from libs.engines.jars import expected_jars_folder
from libs.machine import Finding, Needs, Probes, examine, port_is_taken
from libs.packages.stamps import stamp
from libs.settings.memory import GIGABYTE


@pytest.fixture
def good(tmp_path: Path) -> Probes:
    """A machine without findings."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "ivy.xml").write_text("<ivy-module/>")
    (tmp_path / "requirements.lock").write_text("a==1")
    (tmp_path / ".venv").mkdir()
    stamp(tmp_path / ".venv", ["base", "check"], tmp_path / "requirements.lock")
    for file in (expected_jars_folder(root=tmp_path) / "a.jar", tmp_path / "jdk" / "bin" / "java"):
        file.parent.mkdir(parents=True)
        file.touch()
    return machine(tmp_path)


def machine(
    root: Path,
    python: tuple[int, int] = (3, 12),
    java: str = "21",
    free: int = 50,
    memory: int | None = 16,
    taken: int = 0,
) -> Probes:
    return Probes(
        root=root,
        env={"JAVA_HOME": str(root / "jdk")},
        python=python,
        java_version=lambda command: f'openjdk version "{java}"',
        free_bytes=lambda path: free * GIGABYTE,
        memory=lambda: None if memory is None else memory * GIGABYTE,
        port_is_taken=lambda port: port == taken,
    )


def wrong(probes: Probes, needs: Needs | None = None) -> list[Finding]:
    return [finding for finding in examine(needs or Needs(), probes) if not finding.ok]


def test_nothing_is_wrong_on_a_good_machine(good: Probes) -> None:
    assert wrong(good) == []
    assert {finding.fix for finding in examine(Needs(), good)} == {""}


def test_a_python_too_old_or_too_new_is_found(good: Probes) -> None:
    assert [(f.name, f.seen) for f in wrong(machine(good.root, python=(3, 10)))] == [("python", "3.10")]
    assert [(f.name, f.seen) for f in wrong(machine(good.root, python=(3, 14)))] == [("python", "3.14")]


def test_an_environment_that_is_absent_or_behind_the_lock_is_found(good: Probes) -> None:
    (good.root / "requirements.lock").write_text("a==2")
    assert [(f.name, f.seen, f.fix) for f in wrong(good)] == [
        ("packages", "base, check older than requirements.lock", "run `make setup`")
    ]

    stamp(good.root / ".venv", [], good.root / "requirements.lock")
    assert [(f.name, f.seen, f.fix) for f in wrong(good)] == [("packages", "not installed", "run `make setup`")]


def test_an_extra_that_the_settings_need_and_that_is_not_installed_is_found(good: Probes) -> None:
    (absent,) = wrong(good, Needs(extra="cluster"))

    assert (absent.seen, absent.fix) == ("base, check installed, not cluster", "run `make setup EXTRAS=cluster`")


def test_a_missing_or_old_java_is_found_with_its_fix(good: Probes) -> None:
    (old,) = wrong(machine(good.root, java="11.0.1"))
    assert (old.name, old.seen) == ("java", f"{good.root}/jdk/bin/java is Java 11, but Spark needs 17 or newer")
    assert old.fix.startswith("install a JDK 17")

    (good.root / "jdk" / "bin" / "java").unlink()
    (absent,) = wrong(good)
    assert "has no bin/java" in absent.seen


def test_missing_jars_are_found(good: Probes) -> None:
    (good.root / "conf" / "ivy.xml").write_text("<ivy-module changed='yes'/>")

    assert [(f.name, f.fix) for f in wrong(good)] == [("jars", "run `make setup`")]


@pytest.mark.parametrize("engine", ["auto", "native"])
def test_without_java_and_jars_the_native_engine_is_well(good: Probes, engine: str) -> None:
    (good.root / "jdk" / "bin" / "java").unlink()
    (good.root / "conf" / "ivy.xml").write_text("<ivy-module changed='yes'/>")

    assert wrong(good, Needs(engine=engine)) == []
    assert {f.name: f.seen for f in examine(Needs(engine=engine), good)}["java"] == "none, which engine native does without"


def test_a_full_disk_is_found_at_the_lakehouse_root(good: Probes) -> None:
    (full,) = wrong(machine(good.root, free=2), Needs(lakehouse_root="not/yet/there"))

    assert (full.name, full.seen) == ("disk", f"2.0 GB free at {good.root}, 5 required")


def test_a_lakehouse_on_object_storage_needs_no_disk_here(good: Probes) -> None:
    assert wrong(machine(good.root, free=0), Needs(lakehouse_root="s3a://lakehouse")) == []


def test_too_little_memory_is_found_and_unknown_memory_is_not_wrong(good: Probes) -> None:
    (little,) = wrong(machine(good.root, memory=4))
    assert (little.name, little.seen) == ("memory", "4.0 GB, 6 required: 4 for Spark and the rest")
    assert wrong(machine(good.root, memory=None)) == []


def test_a_port_in_use_is_found_by_its_service(good: Probes) -> None:
    (taken,) = wrong(machine(good.root, taken=9000), Needs(ports={"minio": 9000, "metastore": 9083}))

    assert (taken.name, taken.seen) == ("port 9000", "in use, for minio")


def test_a_listening_port_is_seen_as_taken() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert not port_is_taken(port)
        server.listen()
        assert port_is_taken(port)
