"""Reads the services from `docker/compose.yaml`, to run them without a container engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Service:
    """One service: its start script and probe (paths in the project), the services it needs, and its variables.

    fixed: variables with their value in the file; variables: names of those from the environment.
    """

    name: str
    start: str
    ready: str
    needs: Sequence[str]
    variables: Sequence[str]
    fixed: Mapping[str, str]
    stop_signal: str


def services(root: Path) -> dict[str, Service]:
    """The services of the checkout at `root` by name, in the order of the file; only those with a start script."""
    composed = yaml.safe_load((root / "docker" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    found = [_service(name, declared) for name, declared in composed.items() if "profiles" not in declared]
    return {service.name: service for service in found if (root / service.start).is_file()}


def _service(name: str, declared: Mapping[str, Any]) -> Service:
    given = [entry.partition("=") for entry in declared["environment"]]
    return Service(
        name,
        start=declared["entrypoint"][0],
        ready=declared["healthcheck"]["test"][1],
        needs=tuple(declared.get("depends_on", {})),
        variables=[variable for variable, equals, _ in given if not equals],
        # A folder within a container has no meaning on the machine.
        fixed={variable: value for variable, equals, value in given if equals and variable != "CLUSTER_DIR"},
        stop_signal=str(declared.get("stop_signal", "SIGTERM")).removeprefix("SIG"),
    )
