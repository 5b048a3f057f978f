from copy import deepcopy
from typing import Any

from jobs.dashboards import ASSETS
from lakehouse.dashboards.files import read_assets
from lakehouse.dashboards.readback import differences, strangers

FILES = read_assets(ASSETS)


def as_superset_has_it() -> dict[str, Any]:
    """What the files become in Superset: other numbers and more keys, in another order."""
    found = deepcopy(FILES)
    for path, content in found.items():
        if path.startswith("charts/"):
            content["params"] |= {"datasource": "7__table", "dashboards": [1]}
            content["query_context"] = None
        if path.startswith("datasets/"):
            content["columns"].reverse()
            content["folders"] = None
        if path.startswith("dashboards/"):
            _renumber(content)
            content["metadata"]["shared_label_colors"] = {}
    return dict(reversed(found.items()))


def _renumber(dashboard: dict[str, Any]) -> None:
    charts = [p["meta"] for p in dashboard["position"].values() if isinstance(p, dict) and p["type"] == "CHART"]
    numbers = {meta["chartId"]: n for n, meta in enumerate(charts)}
    for meta in charts:
        meta["chartId"] = numbers[meta["chartId"]]
    for filter_ in dashboard["metadata"]["native_filter_configuration"]:
        filter_["scope"]["excluded"] = [numbers[n] for n in filter_["scope"]["excluded"]][::-1]
        filter_["chartsInScope"] = [1, 2]


def test_what_superset_adds_is_no_difference() -> None:
    assert differences(FILES, as_superset_has_it()) == []


def test_a_lost_chart_a_changed_metric_and_a_lost_filter_are_reported() -> None:
    found = deepcopy(FILES)
    lost = next(path for path in found if path.startswith("charts/"))
    del found[lost]
    found["datasets/metrics_revenue.yaml"]["metrics"][1]["expression"] = "SUM(1)"
    found["dashboards/commerce.yaml"]["metadata"]["native_filter_configuration"].pop()
    lines = differences(FILES, found)
    assert f"{lost}: is not in Superset" in lines
    assert any("metrics.net_revenue.expression is 'SUM(1)' in Superset" in line for line in lines)
    assert any(line.startswith("dashboards/commerce.yaml: metadata.native_filter_configuration") for line in lines)
    assert len(lines) == 3


def test_charts_that_no_file_holds_are_named() -> None:
    found = {**FILES, "charts/new_1.yaml": {"uuid": "other", "slice_name": "Made in the browser"}}
    assert strangers(FILES, found) == ["Made in the browser"]
