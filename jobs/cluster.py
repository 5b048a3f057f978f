"""The local cluster: up, status, logs, down, clean. Takes Docker where its engine answers, else native processes.

Exit status: 0 done, 1 a service is not well, 2 wrong usage.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence

from jobs.entry import run_job
from libs.cluster.containers import Containers
from libs.cluster.health import healths, wait_until_healthy
from libs.cluster.native import log_folder
from libs.cluster.way import keep, way
from libs.errors import InputError
from libs.settings.config import Settings, load_settings, secrets_file

UP_SECONDS = 300
PAGES = {
    "minio": "minio_console",
    "spark_master": "spark_master_ui",
    "mlflow": "mlflow",
    "superset": "superset",
    "serve": "serve",
}
USERS = {
    "minio": "S3_ACCESS_KEY with S3_SECRET_KEY",
    "superset": "admin with SUPERSET_ADMIN_PASSWORD",
    "serve": "LAKEHOUSE_API_KEYS as X-API-Key",
}

Command = Callable[[argparse.Namespace, Settings], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    commands: dict[str, Command] = {"up": _up, "status": _status, "logs": _logs, "down": _down, "clean": _clean}
    parser = argparse.ArgumentParser(prog="cluster", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("command", choices=list(commands))
    parser.add_argument("service", nargs="?", help="for logs: which service's")
    parser.add_argument("--native", dest="way", action="store_const", const="native", help="processes, also where Docker answers")
    parser.add_argument("--docker", dest="way", action="store_const", const="docker", help="containers")
    parser.add_argument("--yes", action="store_true", help="for clean: do not ask")
    asked = parser.parse_args(arguments)
    return run_job("cluster", lambda: commands[asked.command](asked, load_settings({**os.environ, "PROFILE": "cluster"})))


def _up(asked: argparse.Namespace, settings: Settings) -> int:
    taken = way(settings, asked.way)
    keep(settings, taken)
    taken.start()
    wait_until_healthy(taken, taken.services.values(), UP_SECONDS, lambda line: print(line, flush=True))
    return _status(asked, settings)


def _status(asked: argparse.Namespace, settings: Settings) -> int:
    taken = way(settings)
    states = taken.states()
    well = healths(taken, taken.services.values()) if states else {}
    print(f"{'service':<16} {'process':<10} {'health':<10} address")
    for name in taken.services:
        health = "healthy" if well.get(name) else "NOT WELL"
        print(f"{name:<16} {states.get(name, 'stopped'):<10} {health:<10} {_address(name, settings)}")
    print(f"passwords are in {secrets_file(settings.cluster_folder)}, logs in {log_folder(settings)}")
    return 0 if well and all(well.values()) else 1


def _address(name: str, settings: Settings) -> str:
    port = settings.ports.get(PAGES.get(name, name)) or settings.ports.get(f"{name}_ui")
    page = f"http://127.0.0.1:{port}" if name in PAGES or name.startswith("spark_worker") else f"127.0.0.1:{port}"
    return f"{page}  ({USERS[name]})" if name in USERS else page


def _logs(asked: argparse.Namespace, settings: Settings) -> int:
    taken = way(settings)
    if asked.service not in taken.services:
        raise InputError(f"S={asked.service or ''}: name a service, one of {', '.join(taken.services)}")
    taken.show_log(asked.service)
    return 0


def _down(asked: argparse.Namespace, settings: Settings) -> int:
    way(settings).stop()
    print(f"stopped; the data stay in {settings.cluster_folder}, and `make up` goes on with them")
    return 0


def _clean(asked: argparse.Namespace, settings: Settings) -> int:
    folder = settings.cluster_folder
    if not asked.yes and not _agreed(f"delete every table, model and dashboard in {folder}, and its passwords? [y/N] "):
        raise InputError("nothing was deleted")
    taken = way(settings)
    taken.stop()
    if isinstance(taken, Containers):
        taken.delete()
    shutil.rmtree(folder)
    print(f"deleted {folder}")
    return 0


def _agreed(question: str) -> bool:
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        return False


if __name__ == "__main__":
    sys.exit(main())
