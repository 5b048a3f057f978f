"""Charts and dashboards without what Superset adds: the form in which files are stored and compared.

Superset's numeric ids (of charts, of datasets) differ from server to server and are left out, or replaced by those that follow
from UUIDs; so are defaults, and what the browser recomputes each time.
"""

from collections.abc import Mapping
from typing import Any

from lakehouse.dashboards.identity import number_of

CHART_KEYS = ("slice_name", "description", "viz_type", "params", "cache_timeout", "uuid", "version", "dataset_uuid")
DASHBOARD_KEYS = ("dashboard_title", "description", "css", "slug", "published", "position", "metadata", "uuid", "version")
# Superset sets these itself.
NOT_PARAMS = ("datasource", "dashboards", "dashboardId", "slice_id", "url_params", "annotation_layers")
NOT_METADATA = (
    *("shared_label_colors", "map_label_colors", "color_scheme_domain", "chart_configuration", "global_chart_configuration"),
    *("default_filters", "filter_scopes", "expanded_slices", "timed_refresh_immune_slices", "positions"),
)
NOT_FILTER = ("chartsInScope", "tabsInScope")


def chart(content: Mapping[str, Any]) -> dict[str, Any]:
    """The chart without what Superset adds."""
    kept = {key: content.get(key) for key in CHART_KEYS}
    params = {k: v for k, v in (content.get("params") or {}).items() if k not in NOT_PARAMS or (k == "annotation_layers" and v)}
    return {**kept, "params": dict(sorted(params.items()))}


def dashboard(content: Mapping[str, Any]) -> dict[str, Any]:
    """The dashboard without what Superset adds, and with the numbers of charts that follow from their UUIDs."""
    numbers = _numbers(content.get("position") or {})
    kept = {key: content.get(key) for key in DASHBOARD_KEYS}
    kept["position"] = {key: _placed(value) for key, value in sorted((content.get("position") or {}).items())}
    kept["metadata"] = _metadata(content.get("metadata") or {}, numbers)
    return kept


def _numbers(position: Mapping[str, Any]) -> dict[int, int]:
    """Superset's id of each chart -> ours."""
    charts = [p["meta"] for p in position.values() if isinstance(p, dict) and p.get("type") == "CHART"]
    return {meta["chartId"]: number_of(meta["uuid"]) for meta in charts}


def _placed(value: Any) -> Any:
    if not isinstance(value, dict) or value.get("type") != "CHART":
        return value
    return {**value, "meta": {**value["meta"], "chartId": number_of(value["meta"]["uuid"])}}


def _metadata(metadata: Mapping[str, Any], numbers: Mapping[int, int]) -> dict[str, Any]:
    kept = {key: value for key, value in sorted(metadata.items()) if key not in NOT_METADATA}
    if "native_filter_configuration" in kept:
        kept["native_filter_configuration"] = [_filter(f, numbers) for f in kept["native_filter_configuration"]]
    return kept


def _filter(content: Mapping[str, Any], numbers: Mapping[int, int]) -> dict[str, Any]:
    kept = {key: value for key, value in sorted(content.items()) if key not in NOT_FILTER}
    scope = kept.get("scope") or {}
    excluded = sorted(numbers[n] for n in scope.get("excluded", []) if n in numbers)
    # An import over an existing dashboard changes the order of these keys.
    targets = [dict(sorted(target.items())) for target in kept.get("targets") or []]
    return {**kept, "scope": {"rootPath": scope.get("rootPath", ["ROOT_ID"]), "excluded": excluded}, "targets": targets}
