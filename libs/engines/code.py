"""The project's code as one zip, for Spark's executors to import."""

import os
import zipfile
from pathlib import Path

from libs.settings.config import Settings

PACKAGES = ("jobs", "lakehouse", "libs", "ml")
OLDEST = (1980, 1, 1, 0, 0, 0)


def packed_code(settings: Settings) -> Path:
    """Write the code to `<cluster_folder>/code.zip` and return that path. Equal code gives equal bytes."""
    settings.cluster_folder.mkdir(parents=True, exist_ok=True)
    path = settings.cluster_folder / "code.zip"
    aside = path.with_name(f".code-{os.getpid()}.zip")
    with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in _files(settings.project_root):
            packed.writestr(zipfile.ZipInfo(file.relative_to(settings.project_root).as_posix(), OLDEST), file.read_bytes())
    return aside.replace(path)


def _files(root: Path) -> list[Path]:
    found = [path for package in PACKAGES for path in (root / package).rglob("*")]
    return sorted(path for path in found if path.is_file() and path.suffix != ".pyc")
