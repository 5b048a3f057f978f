"""Copies the whole state of a local cluster into a folder, and back: databases, objects, secrets.

<folder>/databases/<name>.dump, as pg_dump's custom format; <folder>/objects/<bucket>/…; <folder>/secrets/…; <folder>/manifest.json,
written last, which lists every file with its size. The folder holds secrets, so only its owner may read it.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from libs.cluster.programs import postgres_programs
from libs.cluster.secrets import kept_secrets
from libs.counted import counted
from libs.errors import InputError
from libs.settings.config import Settings, secrets_file
from libs.store.place import s3_client

DATABASES = ("metastore", "mlflow", "superset")
BUCKETS = ("lakehouse", "mlflow")
MANIFEST = "manifest.json"


def back_up(settings: Settings, folder: Path) -> Mapping[str, int]:
    """Copy everything into `folder`, which must not exist; returns the size of each file. Nothing may write meanwhile.

    Raises InputError when the folder exists.
    """
    if folder.exists():
        raise InputError(f"{folder} already exists: name a new folder")
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    aside.mkdir(parents=True, mode=0o700)
    try:
        _dump_databases(settings, aside / "databases")
        _get_objects(settings, aside / "objects")
        _copy_secrets(settings, aside / "secrets")
        sizes = _sizes(aside)
        (aside / MANIFEST).write_text(json.dumps(sizes, indent=1))
        aside.replace(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return sizes


def checked_backup(folder: Path) -> Mapping[str, int]:
    """The sizes of the backup's files. Raises InputError when one is missing or of another size."""
    try:
        sizes: Mapping[str, int] = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        raise InputError(f"{folder} is not a complete backup: {MANIFEST} can't be read") from None
    found = _sizes(folder)
    wrong = [name for name, size in sizes.items() if found.get(name) != size]
    if wrong:
        raise InputError(f"{folder}: missing or changed: {counted(len(wrong), 'file')}, such as {wrong[0]}: use another backup")
    return sizes


def restore_secrets(settings: Settings, folder: Path) -> None:
    """Restore the backup's passwords and keys. Raises InputError when this cluster has its own: then it is not empty."""
    if secrets_file(settings.cluster_folder).exists():
        raise InputError(f"{settings.cluster_folder} is not empty: run `make down` and move it away, or run `make clean`")
    settings.cluster_folder.mkdir(parents=True, exist_ok=True)
    _copy_private(folder / "secrets" / "secrets.env", secrets_file(settings.cluster_folder))
    key = folder / "secrets" / "pseudonym_key"
    if key.is_file():
        _copy_private(key, _pseudonym_key(settings))


def restore_data(settings: Settings, folder: Path) -> None:
    """Fill the empty databases and buckets. No services but PostgreSQL and the object store may run."""
    for name in DATABASES:
        _postgres(settings, "pg_restore", f"--dbname={name}", "--exit-on-error", str(folder / "databases" / f"{name}.dump"))
    client = s3_client(settings)
    for bucket in BUCKETS:
        root = folder / "objects" / bucket
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            client.upload_file(str(file), bucket, file.relative_to(root).as_posix())


def _dump_databases(settings: Settings, folder: Path) -> None:
    folder.mkdir()
    for name in DATABASES:
        _postgres(settings, "pg_dump", "--format=custom", f"--file={folder / f'{name}.dump'}", name)


def _postgres(settings: Settings, program: str, *words: str) -> None:
    programs = postgres_programs(settings.cluster_folder / "postgres" / "data")
    address = ["--host=127.0.0.1", f"--port={settings.ports['postgres']}", "--username=postgres"]
    env = {**os.environ, "PGPASSWORD": kept_secrets(settings.cluster_folder)["POSTGRES_PASSWORD"]}
    ran = subprocess.run([programs / program, *address, *words], env=env, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise InputError(f"{program}: {ran.stderr.strip().splitlines()[-1]}")


def _get_objects(settings: Settings, folder: Path) -> None:
    """Objects whose name ends in a slash are folders, without content."""
    client = s3_client(settings)
    for bucket in BUCKETS:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for key in (entry["Key"] for page in pages for entry in page.get("Contents", []) if not entry["Key"].endswith("/")):
            target = folder / bucket / key
            target.parent.mkdir(parents=True, exist_ok=True)
            client.download_file(bucket, key, str(target))


def _copy_secrets(settings: Settings, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    kept_secrets(settings.cluster_folder)
    for file in (secrets_file(settings.cluster_folder), _pseudonym_key(settings)):
        if file.is_file():
            _copy_private(file, folder / file.name)


def _copy_private(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(source.read_bytes())


def _pseudonym_key(settings: Settings) -> Path:
    return settings.project_root / "var" / "secrets" / "pseudonym_key"


def _sizes(folder: Path) -> dict[str, int]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
