"""Exports edits made in the browser into the files: charts and dashboards in their canonical form, each under its name."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lakehouse.dashboards import canonical
from lakehouse.dashboards.files import read_assets
from lakehouse.dashboards.generated import as_yaml
from libs.errors import InputError


def exported_files(found: Mapping[str, Mapping[str, Any]], folder: Path) -> list[Path]:
    """Write the charts and dashboards that Superset has, delete the files of those that it has not; returns what changed.

    A file keeps its name when its chart or dashboard is renamed. Raises InputError when Superset has none of the dashboards of
    the files: they were not imported there, and every file would be deleted.
    """
    before = {c["uuid"]: folder / path for path, c in read_assets(folder).items() if path.startswith(("charts/", "dashboards/"))}
    contents = {c["uuid"]: (kind, c) for kind, c in _wanted(found)}
    if before and not before.keys() & contents.keys():
        raise InputError("Superset has none of the charts and dashboards of the files: run `make dashboards` first")
    changed = [file for uuid, file in before.items() if uuid not in contents]
    for file in changed:
        file.unlink()
    for uuid, (kind, content) in contents.items():
        name = content["slice_name"] if kind == "charts" else content["slug"] or content["dashboard_title"]
        file = before.get(uuid) or folder / kind / f"{slug(name)}.yaml"
        text = as_yaml(content)
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            changed.append(file)
    return changed


def slug(name: str) -> str:
    """The file's name: `Net revenue, by week` is `net_revenue_by_week`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _wanted(found: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, dict[str, Any]]]:
    for path, content in found.items():
        if path.startswith("charts/"):
            yield "charts", canonical.chart(content)
        elif path.startswith("dashboards/"):
            yield "dashboards", canonical.dashboard(content)
