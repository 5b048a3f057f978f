"""The services as containers, by Docker compose."""

import json
import os
import shutil
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from libs.cluster.definition import Service
from libs.settings.config import Settings

ANSWER_SECONDS = 10


def engine_answers() -> bool:
    """Whether Docker with compose is installed and its engine answers."""
    return shutil.which("docker") is not None and all(
        _succeeds(["docker", *words]) for words in (["compose", "version"], ["info"])
    )


@dataclass(frozen=True)
class Containers:
    """The services of the cluster that `settings` describe; `known` are the values of compose's variables."""

    settings: Settings
    services: Mapping[str, Service]
    known: Mapping[str, str]

    name = "docker"

    def start(self, only: Collection[str] = ()) -> None:
        """Build the images and start every service, or `only` some, in the order of their dependencies."""
        self._compose(["up", "--detach", "--build", *(only or self.services)])

    def stop(self) -> None:
        """Stop every service; their volumes stay."""
        self._compose(["down"])

    def delete(self) -> None:
        """Stop every service and delete their volumes."""
        self._compose(["down", "--volumes"])

    def states(self) -> dict[str, str]:
        """Docker's state of each service's container ("running", "restarting", …); services without one are missing."""
        listed = self._compose(["ps", "--all", "--format", "json"], capture=True)
        containers = [json.loads(line) for line in listed.splitlines() if line.startswith("{")]
        return {container["Service"]: container["State"] for container in containers}

    def probe(self, service: Service) -> bool:
        """Whether the service's readiness probe, run in its container, succeeds now."""
        return _succeeds([*self._command(), "exec", "--no-TTY", service.name, service.ready], {**os.environ, **self.known})

    def show_log(self, service: str) -> None:
        """Print the last lines of the service's log."""
        self._compose(["logs", "--tail", "100", service])

    def submit(self, job: str, arguments: Sequence[str]) -> int:
        """Run a job by `spark-submit` in a container of the executors' image, and return its exit status."""
        command = [*self._command(), "run", "--rm", "job", "jobs.submit", job, *arguments]
        return subprocess.run(command, env={**os.environ, **self.known}, check=False).returncode

    def _command(self) -> list[str]:
        return ["docker", "compose", "--file", str(self.settings.project_root / "docker" / "compose.yaml")]

    def _compose(self, words: Sequence[str], capture: bool = False) -> str:
        """Variables are passed by the environment: no password is in a command line."""
        ran = subprocess.run(
            [*self._command(), *words],
            env={**os.environ, **self.known},
            check=True,
            text=True,
            stdout=subprocess.PIPE if capture else None,
        )
        return ran.stdout or ""


def _succeeds(command: Sequence[str], env: Mapping[str, str] | None = None) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=ANSWER_SECONDS, env=env, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
