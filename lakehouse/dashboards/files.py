"""The files of `superset/assets`, and Superset's import and export of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lakehouse.dashboards.generated import as_yaml
from libs.errors import InputError

FOLDER = Path("superset") / "assets"
KINDS = ("databases", "datasets", "charts", "dashboards")
# The same as `yaml.safe_load`, in C where PyYAML has it: the files are many.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_assets(folder: Path) -> dict[str, dict[str, Any]]:
    """Every file below `folder` by its path; raises InputError, one line, for one that is not YAML or has no UUID."""
    found: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        for file in sorted((folder / kind).glob("*.yaml")):
            try:
                content = yaml.load(file.read_text(encoding="utf-8"), Loader=LOADER)
            except yaml.YAMLError as error:
                raise InputError(f"{file}: is not YAML ({' '.join(str(error).split())})") from None
            if not isinstance(content, dict) or "uuid" not in content:
                raise InputError(f"{file}: has no uuid; add one")
            found[f"{kind}/{file.name}"] = content
    return found


def bundle(assets: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """The files as one import for Superset, which requires a dataset to be in a folder of its database."""
    texts = {_path(path): as_yaml(content) for path, content in assets.items()}
    about = {"version": "1.0.0", "type": "assets", "timestamp": "2026-01-01T00:00:00+00:00"}
    return {"metadata.yaml": as_yaml(about), **texts}


def _path(path: str) -> str:
    return path.replace("datasets/", "datasets/lakehouse/")


def parsed(texts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The parts of Superset's export that are stored as files."""
    found = {path: yaml.load(text, Loader=LOADER) for path, text in texts.items() if path.startswith(KINDS)}
    return {path: content for path, content in found.items() if isinstance(content, dict)}


def slugs(folder: Path) -> list[str]:
    """The names of the dashboards in their addresses."""
    return [content["slug"] for path, content in read_assets(folder).items() if path.startswith("dashboards/")]
