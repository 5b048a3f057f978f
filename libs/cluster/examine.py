"""What the services require of this machine, each with its fix."""

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from libs.cluster.containers import engine_answers
from libs.cluster.programs import ProgramMissing, minio_program, postgres_programs
from libs.machine import Finding
from libs.settings.config import Settings


def examine_cluster(settings: Settings) -> list[Finding]:
    """The findings for `make up` with these settings."""
    if engine_answers():
        return [Finding("docker", True, "its engine answers: the services run in containers")]
    postgres, minio = _postgres(settings), _found("minio", lambda: minio_program(settings.project_root), "run `make minio`")
    return [Finding("docker", True, "no engine answers: the services run natively"), postgres, minio, _superset(settings)]


def _postgres(settings: Settings) -> Finding:
    found = _found(
        "postgresql",
        lambda: postgres_programs(settings.cluster_folder / "postgres" / "data"),
        "install it (Debian: apt-get install postgresql), or run `make setup EXTRAS=cluster`",
    )
    if not found.ok or os.getuid() != 0:
        return found
    if shutil.which("setpriv") is None:
        return Finding("postgresql", False, "does not run as root, and setpriv is missing", "install util-linux")
    closed = [folder for folder in (Path(found.seen), settings.cluster_folder) if not _is_open(folder)]
    if closed:
        fix = "move the checkout, name another folder in LAKEHOUSE_CLUSTER, or run as a user other than root"
        return Finding("postgresql", False, f"does not run as root, and other users have no access to {closed[0]}", fix)
    return found


def _superset(settings: Settings) -> Finding:
    wanted, installed = (settings.project_root / name for name in ("superset/requirements.lock", ".superset-venv/installed.lock"))
    same = not wanted.is_file() or (installed.is_file() and installed.read_bytes() == wanted.read_bytes())
    return Finding(
        "superset", same, "matches superset/requirements.lock" if same else "not installed", "run `make up`, which installs it"
    )


def _found(name: str, find: Callable[[], Path], fix: str) -> Finding:
    try:
        return Finding(name, True, str(find()))
    except ProgramMissing as error:
        return Finding(name, False, str(error), fix)


def _is_open(folder: Path) -> bool:
    """Whether every user may pass through the folders above."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (existing, *existing.parents))
