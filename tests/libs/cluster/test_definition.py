"""Compose accepts the definition of the services, and the native way reads the same from it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from libs.cluster.definition import services
from libs.cluster.environment import native_environment, variables
from libs.settings.config import ConfigError, Settings, load_settings
from libs.settings.project import PROJECT_ROOT

COMPOSE = Path(sys.executable).with_name("docker-compose")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"PROFILE": "cluster", "LAKEHOUSE_CLUSTER": str(tmp_path)})


@pytest.fixture
def known(settings: Settings) -> dict[str, str]:
    return variables(settings)


def composed(known: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The file as compose itself resolves it."""
    command = [str(COMPOSE), "--file", str(PROJECT_ROOT / "docker" / "compose.yaml"), "config", "--format", "json"]
    ran = subprocess.run(command, env={**os.environ, **known}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "variable is not set" not in ran.stderr
    found: dict[str, dict[str, Any]] = json.loads(ran.stdout)["services"]
    return found


def test_both_ways_read_the_same(known: dict[str, str]) -> None:
    resolved = composed(known)

    for service in services(PROJECT_ROOT).values():
        theirs = resolved[service.name]
        assert theirs["entrypoint"] == [service.start]
        assert list(theirs.get("depends_on", {})) == sorted(service.needs)


def test_every_variable_is_given_by_the_environment(settings: Settings, known: dict[str, str]) -> None:
    for name, theirs in composed(known).items():
        empty = [variable for variable, value in dict(theirs["environment"] or {}).items() if not value]
        assert empty == [], name


def test_every_image_is_pinned_and_every_service_restarts(known: dict[str, str]) -> None:
    resolved = composed(known)

    assert {str(s["image"]).rsplit(":", 1)[1] for s in resolved.values()}.isdisjoint({"latest", "main"})
    assert {s["restart"] for name, s in resolved.items() if name != "job"} == {"always"}
    assert all(s["healthcheck"] for name, s in resolved.items() if name != "job")


def test_a_service_gets_only_its_own_secrets(settings: Settings, known: dict[str, str]) -> None:
    master = services(PROJECT_ROOT)["spark_master"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("libs.cluster.environment.programs", lambda settings: {})
        given = native_environment(settings, master, known)

    assert not {name for name in given if "PASSWORD" in name or "SECRET" in name or "ACCESS_KEY" in name}


def test_a_variable_that_is_not_set_is_named(settings: Settings) -> None:
    minio = services(PROJECT_ROOT)["minio"]

    with pytest.raises(ConfigError, match=r"services\.minio\.environment: MINIO_PORT, MINIO_CONSOLE_PORT, .* not set"):
        native_environment(settings, minio, {})


def test_needs_and_scripts_exist() -> None:
    found = services(PROJECT_ROOT)

    assert {need for service in found.values() for need in service.needs} <= set(found)
    assert all(os.access(PROJECT_ROOT / path, os.X_OK) for s in found.values() for path in (s.start, s.ready))
