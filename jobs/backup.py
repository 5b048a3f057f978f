"""`backup save DIR` copies the cluster's tables, catalogue, models and dashboards; `backup restore DIR` fills an empty cluster with them.

Exit status: 0 done, 1 failed, 2 wrong usage.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from jobs.entry import run_job
from libs.cluster.backup import back_up, checked_backup, restore_data, restore_secrets
from libs.cluster.health import wait_until_healthy
from libs.cluster.way import keep, way
from libs.locks.writing import writing
from libs.settings.config import Settings, load_settings

STORES = ("postgres", "minio")
UP_SECONDS = 300


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="backup", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("command", choices=("save", "restore"))
    parser.add_argument("folder", type=Path, metavar="DIR")
    asked = parser.parse_args(arguments)
    todo = _save if asked.command == "save" else _restore
    return run_job("backup", lambda: todo(asked.folder.expanduser().resolve(), _settings()))


def _settings() -> Settings:
    return load_settings({**os.environ, "PROFILE": "cluster"})


def _save(folder: Path, settings: Settings) -> int:
    with writing(settings, "backup", print):
        sizes = back_up(settings, folder)
    print(f"{len(sizes):,} files, {sum(sizes.values()) / 1e6:,.1f} MB are in {folder}, secrets among them: keep it private")
    return 0


def _restore(folder: Path, settings: Settings) -> int:
    """The passwords first, then the stores alone are filled, then all else starts on what they hold."""
    checked_backup(folder)
    restore_secrets(settings, folder)
    settings = _settings()
    taken = way(settings)
    keep(settings, taken)
    taken.start(STORES)
    wait_until_healthy(taken, [taken.services[name] for name in STORES], UP_SECONDS, print)
    restore_data(settings, folder)
    taken.start()
    wait_until_healthy(taken, taken.services.values(), UP_SECONDS, print)
    print(f"restored from {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
