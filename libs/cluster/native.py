"""The services as processes of this machine, under supervisor, which restarts those that die."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from libs.cluster.definition import Service
from libs.cluster.environment import PASSED_ON, native_environment
from libs.packages.optional import require
from libs.settings.config import ConfigError, Settings

# The system's limit of a socket's path.
LONGEST_SOCKET = 100
STOPPING_SECONDS = 90
HEAD = """[supervisord]
directory={root}
logfile={log}/supervisor.log
logfile_maxbytes=1MB
pidfile={folder}/supervisor.pid
nocleanup=true
[unix_http_server]
file={folder}/supervisor.sock
chmod=0700
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
PROGRAM = """[program:{name}]
command={command}
environment={environment}
priority={priority}
stopsignal={stop_signal}
stdout_logfile={log}/{name}.log
redirect_stderr=true
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=2
autostart=false
autorestart=true
startsecs=2
startretries=30
stopwaitsecs=20
stopasgroup=true
killasgroup=true
"""


@dataclass(frozen=True)
class Native:
    """The services of the cluster that `settings` describe; `known` are the values of their variables."""

    settings: Settings
    services: Mapping[str, Service]
    known: Mapping[str, str]

    name = "native"

    def start(self, only: Collection[str] = ()) -> None:
        """Start supervisor and every service, or `only` some; running ones are not restarted."""
        if not self.states():
            conf = self._write_conf()
            env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
            subprocess.run([sys.executable, "-m", "supervisor.supervisord", "-c", str(conf)], check=True, env=env)
        for name, state in self.states().items():
            if state not in ("running", "starting") and name in (only or self.services):
                self._supervisor().startProcess(name, False)

    def stop(self) -> None:
        """Stop every service, dependents first, and wait until all have ended."""
        pid = self._pid()
        try:
            self._supervisor().shutdown()
        except OSError:
            return
        deadline = time.monotonic() + STOPPING_SECONDS
        while pid and Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.2)

    def states(self) -> dict[str, str]:
        """Supervisor's state of each service's process ("running", "backoff", …); empty where supervisor does not run."""
        try:
            processes: list[dict[str, Any]] = self._supervisor().getAllProcessInfo()
        except (OSError, Fault):
            return {}
        return {process["name"]: process["statename"].lower() for process in processes}

    def pid(self, service: str) -> int:
        """The process of a running service."""
        return int(self._supervisor().getProcessInfo(service)["pid"])

    @contextmanager
    def stopped(self, service: str) -> Iterator[None]:
        """Stop a service for as long as the block runs."""
        self._supervisor().stopProcess(service)
        try:
            yield
        finally:
            self._supervisor().startProcess(service)

    def probe(self, service: Service) -> bool:
        """Whether the service's readiness probe succeeds now."""
        command, root = self.settings.project_root / service.ready, self.settings.project_root
        with suppress(subprocess.TimeoutExpired):
            ran = subprocess.run(
                [command], cwd=root, env=self._environment(service), capture_output=True, timeout=10, check=False
            )
            return ran.returncode == 0
        return False

    def show_log(self, service: str) -> None:
        """Print the last lines of the service's log."""
        subprocess.run(["tail", "-n", "100", str(log_folder(self.settings) / f"{service}.log")], check=False)

    def _supervisor(self) -> Any:
        require("supervisor", "cluster", "the local cluster")
        from supervisor.xmlrpc import SupervisorTransport

        socket = f"unix://{self.settings.cluster_folder / 'supervisor.sock'}"
        return ServerProxy("http://127.0.0.1", transport=SupervisorTransport(None, None, socket)).supervisor

    def _pid(self) -> int | None:
        with suppress(OSError, ValueError):
            return int((self.settings.cluster_folder / "supervisor.pid").read_text())
        return None

    def _environment(self, service: Service) -> dict[str, str]:
        return native_environment(self.settings, service, self.known)

    def _write_conf(self) -> Path:
        """The file holds passwords: only its owner may read it."""
        folder, log = self.settings.cluster_folder, log_folder(self.settings)
        if len(str(folder / "supervisor.sock")) > LONGEST_SOCKET:
            raise ConfigError(
                f"cluster_folder: {folder} is too long for a socket's path: name a shorter folder in LAKEHOUSE_CLUSTER"
            )
        log.mkdir(parents=True, exist_ok=True)
        parts = [HEAD.format(root=self.settings.project_root, log=log, folder=folder)]
        parts += [self._program(service, number) for number, service in enumerate(self.services.values(), 1)]
        conf = folder / "supervisord.conf"
        with os.fdopen(os.open(conf, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write("\n".join(parts))
        return conf

    def _program(self, service: Service, number: int) -> str:
        probes = " ".join(str(self.settings.project_root / self.services[need].ready) for need in service.needs)
        command = shlex.join(["docker/services/when_ready.sh", probes, service.start])
        # Other services' probes need their ports, which are not secret.
        others = {name: value for name, value in self.known.items() if name.endswith("_PORT")}
        env = ",".join(f'{name}="{_escaped(value)}"' for name, value in (others | self._environment(service)).items())
        return PROGRAM.format(
            name=service.name,
            command=command.replace("%", "%%"),
            environment=env,
            priority=number,
            stop_signal=service.stop_signal,
            log=log_folder(self.settings),
        )


def is_up(settings: Settings) -> bool:
    """Whether supervisor runs, without asking it."""
    try:
        os.kill(int((settings.cluster_folder / "supervisor.pid").read_text()), 0)
    except (OSError, ValueError):
        return False
    return True


def log_folder(settings: Settings) -> Path:
    """Where the services' logs go: `log` next to the cluster's folder."""
    return settings.cluster_folder.parent / "log"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
