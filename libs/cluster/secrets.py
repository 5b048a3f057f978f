"""The passwords and keys of the services, generated at random on first start and stored in one private file."""

import os
import secrets
from pathlib import Path

from libs.settings.config import secrets_file

NAMES = (
    "S3_ACCESS_KEY",
    "S3_SECRET_KEY",
    "POSTGRES_PASSWORD",
    "METASTORE_DATABASE_PASSWORD",
    "MLFLOW_DATABASE_PASSWORD",
    "SUPERSET_DATABASE_PASSWORD",
    "LAKEHOUSE_DATABASE_PASSWORD",
    "SUPERSET_SECRET_KEY",
    "SUPERSET_GUEST_TOKEN_JWT_SECRET",
    "SUPERSET_ADMIN_PASSWORD",
    "SUPERSET_VIEWER_PASSWORD",
    "LAKEHOUSE_API_KEYS",
)
BYTES = 24


def kept_secrets(cluster_folder: Path) -> dict[str, str]:
    """Return every secret by its variable's name; missing ones are generated and written to the file, with mode 600.

    Hexadecimal, so that they need no quoting in SQL, in an address or in a shell.
    """
    file = secrets_file(cluster_folder)
    stored = dict(line.split("=", 1) for line in file.read_text().splitlines()) if file.exists() else {}
    missing = {name: secrets.token_hex(BYTES) for name in NAMES if name not in stored}
    if missing:
        _write(file, stored | missing)
    return stored | missing


def _write(file: Path, values: dict[str, str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.writelines(f"{name}={value}\n" for name, value in values.items())
    aside.replace(file)
