"""Compares Superset with the files after an import, which may silently leave things out."""

from collections.abc import Iterator, Mapping
from typing import Any

from lakehouse.dashboards import canonical

Assets = Mapping[str, Mapping[str, Any]]


def differences(wanted: Assets, found: Assets) -> list[str]:
    """One line for every value of the files that is missing or different in Superset; what else it has is ignored."""
    by_uuid = {content["uuid"]: (path, content) for path, content in found.items() if "uuid" in content}
    lines: list[str] = []
    for path, content in wanted.items():
        imported = by_uuid.get(content["uuid"])
        if imported is None:
            lines.append(f"{path}: is not in Superset")
            continue
        kind = path.split("/", 1)[0]
        lines += [f"{path}: {line}" for line in _differing(_compared(kind, content), _compared(kind, imported[1]), "")]
    return lines


def strangers(wanted: Assets, found: Assets) -> list[str]:
    """Names of charts and dashboards that are in Superset and not in the files."""
    known = {content["uuid"] for content in wanted.values()}
    others = [(path, c) for path, c in found.items() if path.startswith(("charts/", "dashboards/")) and c["uuid"] not in known]
    return sorted(str(content.get("slice_name") or content.get("dashboard_title")) for _, content in others)


def _compared(kind: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    if kind == "charts":
        return canonical.chart(content)
    if kind == "dashboards":
        return canonical.dashboard(content)
    if kind == "datasets":
        return {**content, **{key: _by_name(content[key]) for key in ("columns", "metrics")}}
    return content


def _by_name(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {entry.get("column_name") or entry["metric_name"]: entry for entry in entries}


def _differing(wanted: Any, found: Any, place: str) -> Iterator[str]:
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for key, value in wanted.items():
            yield from _differing(value, found.get(key), f"{place}.{key}" if place else str(key))
    elif wanted != found and not (wanted in (None, {}, []) and found in (None, {}, [])):
        yield f"{place} is {found!r} in Superset and {wanted!r} in the file"
