"""Settings: files in layers, then environment variables, into one typed, frozen object.

`conf/base.yaml`, then `conf/<profile>.yaml`, each followed by the file of its name in the overlay folder `CONF`, then
environment variables. Mappings are merged key by key; any other value replaces the one before. Secrets come from the
environment alone.
"""

import datetime
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, SecretStr, ValidationError

from libs.layers import ConfigError, Layers
from libs.project import PROJECT_ROOT

__all__ = ["ConfigError", "Settings", "SparkSettings", "load_settings"]

FROM_ENVIRONMENT = {
    "PROFILE": ("profile",),
    "LAKEHOUSE_ROOT": ("lakehouse_root",),
    "AS_OF": ("as_of",),
    "REPORT": ("report_path",),
    "LAKEHOUSE_MASTER": ("spark", "master"),
    "LAKEHOUSE_DRIVER_MEMORY": ("spark", "driver_memory"),
    "LAKEHOUSE_PSEUDONYM_KEY": ("pseudonym_key",),
}


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SparkSettings(_Strict):
    """How the Spark session is made; memory as Spark writes it ("4g")."""

    master: str
    driver_memory: str = Field(pattern=r"^\d+[kmgKMG]$")
    shuffle_partitions: PositiveInt
    snapshot_partitions: PositiveInt
    catalog: Literal["hive", "in-memory"]
    java_options: str = ""
    conf: Mapping[str, str] = {}


class Settings(_Strict):
    """Everything that differs between environments. Paths are absolute; `lakehouse_root` is a path or a URL (`s3a://…`)."""

    project_root: Path
    overlay: Path | None = None
    profile: str
    lakehouse_root: str
    report_path: Path
    lock_wait_seconds: float = Field(ge=0)
    free_disk_gigabytes: float = Field(ge=0)
    as_of: datetime.date | None = None
    ports: Mapping[str, int] = {}
    spark: SparkSettings
    pseudonym_key: SecretStr | None = None

    def conf_file(self, name: str) -> Path | None:
        """Return the declaration file `conf/<name>` (the overlay's, if it has one), or None when neither is there."""
        return self.conf_files(name).get(name)

    def conf_files(self, pattern: str) -> dict[str, Path]:
        """Return the declaration files that match `pattern` ("sources/*.yaml"), by name relative to `conf/`, sorted.

        A file in the overlay folder replaces the one of the same name or stands beside the others.
        """
        found: dict[str, Path] = {}
        for folder in filter(None, (self.project_root / "conf", self.overlay)):
            found |= {path.relative_to(folder).as_posix(): path for path in folder.glob(pattern) if path.is_file()}
        return dict(sorted(found.items()))


def load_settings(env: Mapping[str, str] | None = None, project_root: Path | None = None) -> Settings:
    """Return the settings for `env` (by default this process's environment) and the checkout at `project_root`.

    Relative paths are taken from the project's root. An environment variable that is empty counts as absent.
    Raises ConfigError, one line that names each bad key's file and dotted path.
    """
    given = {name: value for name, value in (os.environ if env is None else env).items() if value}
    root = (project_root or PROJECT_ROOT).resolve()
    overlay = _overlay_folder(given, root)
    layers = Layers(root)
    _add_files(layers, "base.yaml", root, overlay)
    profile = given.get("PROFILE") or str(layers.values.get("profile", "local"))
    if not _add_files(layers, f"{profile}.yaml", root, overlay):
        raise ConfigError(f"PROFILE={profile}: there is no conf/{profile}.yaml; profiles are {', '.join(_profiles(root))}")
    for name, path in FROM_ENVIRONMENT.items():
        if name in given:
            layers.set(path, given[name], f"environment variable {name}")
    return _validated(layers, root, overlay)


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
        layers.add_file(file, forbidden=("project_root", "overlay", "pseudonym_key"))
    return bool(files)


def _profiles(root: Path) -> list[str]:
    """Settings files say which profile they are for; declaration files do not."""
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
        }
    )


def _absolute_unless_url(location: str, root: Path) -> str:
    return location.rstrip("/") if "://" in location else str((root / Path(location).expanduser()).resolve())
