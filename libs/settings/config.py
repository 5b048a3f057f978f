"""Settings: files in layers, then environment variables, into one typed, frozen object.

`conf/base.yaml`, then `conf/<profile>.yaml`, each followed by the file of its name in the overlay folder `CONF`, then
environment variables. Mappings are merged key by key; any other value is overridden; `${ports.NAME}` is replaced by a port.
Secrets come from the environment, else from the private file of those that the local cluster generated.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from libs.settings.layers import ConfigError, Layers
from libs.settings.project import PROJECT_ROOT
from libs.settings.settings import Settings, SparkSettings

__all__ = ["ConfigError", "Settings", "SparkSettings", "load_settings", "secrets_file"]

FROM_ENVIRONMENT = {
    "PROFILE": ("profile",),
    "LAKEHOUSE_ROOT": ("lakehouse_root",),
    "AS_OF": ("as_of",),
    "LAKEHOUSE_ENGINE": ("engine",),
    "LAKEHOUSE_NATIVE_MEMORY": ("native_memory",),
    "REPORT": ("report_path",),
    "LAKEHOUSE_MASTER": ("spark", "master"),
    "LAKEHOUSE_DRIVER_MEMORY": ("spark", "driver_memory"),
    "LAKEHOUSE_CLUSTER": ("cluster_folder",),
    "LAKEHOUSE_PSEUDONYM_KEY": ("pseudonym_key",),
    "LAKEHOUSE_DATABASE_PASSWORD": ("lease_password",),
    "S3_ACCESS_KEY": ("s3_access_key",),
    "S3_SECRET_KEY": ("s3_secret_key",),
    "LAKEHOUSE_API_KEYS": ("api_keys",),
}
SECRETS = ("pseudonym_key", "lease_password", "s3_access_key", "s3_secret_key", "api_keys")
PORT = "LAKEHOUSE_PORT_"


def load_settings(env: Mapping[str, str] | None = None, project_root: Path | None = None) -> Settings:
    """Return the settings for `env` (by default this process's environment) and the checkout at `project_root`.

    Relative paths are relative to the project's root. An empty environment variable counts as not set.
    Raises ConfigError, one line that names each bad key's file and dotted path.
    """
    given = {name: value for name, value in (os.environ if env is None else env).items() if value}
    root = (project_root or PROJECT_ROOT).resolve()
    overlay = _overlay_folder(given, root)
    layers = Layers(root)
    _add_files(layers, "base.yaml", root, overlay)
    profile = given.get("PROFILE") or str(layers.values.get("profile", "local"))
    if not _add_files(layers, f"{profile}.yaml", root, overlay):
        raise ConfigError(f"PROFILE={profile}: conf/{profile}.yaml does not exist; profiles are {', '.join(_profiles(root))}")
    _add_environment(layers, given, root)
    layers.fill_in("ports")
    return _validated(layers, root, overlay)


def secrets_file(cluster_folder: Path) -> Path:
    """The file of the local cluster's secrets, one NAME=value per line."""
    return cluster_folder / "secrets.env"


def _overlay_folder(env: Mapping[str, str], root: Path) -> Path | None:
    if "CONF" not in env:
        return None
    overlay = (root / Path(env["CONF"]).expanduser()).resolve()
    if not overlay.is_dir():
        raise ConfigError(f"CONF={env['CONF']}: no such folder")
    return overlay


def _add_files(layers: Layers, name: str, root: Path, overlay: Path | None) -> bool:
    files = [folder / name for folder in filter(None, (root / "conf", overlay)) if (folder / name).is_file()]
    for file in files:
        layers.add_file(file, forbidden=("project_root", "overlay", *SECRETS))
    return bool(files)


def _add_environment(layers: Layers, given: Mapping[str, str], root: Path) -> None:
    for name, path in FROM_ENVIRONMENT.items():
        if name in given:
            layers.set(path, given[name], f"environment variable {name}")
    for name in layers.values.get("ports", {}):
        variable = f"{PORT}{name.upper()}"
        if variable in given:
            layers.set(("ports", name), given[variable], f"environment variable {variable}")
    if "s3" in layers.values:
        _add_stored_secrets(layers, root / Path(layers.values["cluster_folder"]).expanduser(), given)


def _add_stored_secrets(layers: Layers, cluster_folder: Path, given: Mapping[str, str]) -> None:
    file = secrets_file(cluster_folder)
    stored = dict(line.split("=", 1) for line in file.read_text().splitlines()) if file.is_file() else {}
    for name, path in FROM_ENVIRONMENT.items():
        if name in stored and name not in given and path[0] in SECRETS:
            layers.set(path, stored[name], str(file))


def _profiles(root: Path) -> list[str]:
    """Only settings files are named after a profile; declaration files are not."""
    files = sorted((root / "conf").glob("*.yaml"))
    return [file.stem for file in files if file.stem != "base" and "\nprofile:" in f"\n{file.read_text()}"]


def _validated(layers: Layers, root: Path, overlay: Path | None) -> Settings:
    values: dict[str, Any] = {**layers.values, "project_root": root, "overlay": overlay}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems = [layers.problem(tuple(e["loc"]), e["type"], e["msg"]) for e in error.errors(include_input=False)]
        raise ConfigError("; ".join(problems)) from None
    return settings.model_copy(
        update={
            "lakehouse_root": _absolute_unless_url(settings.lakehouse_root, root),
            "report_path": (root / settings.report_path.expanduser()).resolve(),
            "cluster_folder": (root / settings.cluster_folder.expanduser()).resolve(),
        }
    )


def _absolute_unless_url(location: str, root: Path) -> str:
    return location.rstrip("/") if "://" in location else str((root / Path(location).expanduser()).resolve())
