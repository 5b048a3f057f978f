"""What set-up leaves in an environment: a stamp for the base and each extra that it installed, with a digest of its lock.

Standard library only: the doctor reads them before anything is installed.
"""

import hashlib
from collections.abc import Collection
from pathlib import Path


def digest(lock: Path) -> str:
    """What a stamp says of a lock."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def installed(environment: Path) -> dict[str, str]:
    """Each extra that was installed into the environment, and the digest of its lock; nothing where there is none."""
    files = sorted(_folder(environment).glob("[!.]*"))
    return {file.name: file.read_text().strip() for file in files}


def stamp(environment: Path, extras: Collection[str], lock: Path) -> None:
    """Say that these extras, and no others, are installed as `lock` says."""
    folder = _folder(environment)
    folder.mkdir(exist_ok=True)
    for extra in installed(environment).keys() - set(extras):
        (folder / extra).unlink()
    for extra in sorted(extras):
        (folder / extra).write_text(f"{digest(lock)}\n")


def _folder(environment: Path) -> Path:
    return environment / "installed"
