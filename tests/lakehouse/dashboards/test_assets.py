"""The files of superset/assets are consistent, checked without a server."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlglot

from jobs.dashboards import ASSETS, main
from lakehouse.catalogue.discovery import catalogue
from lakehouse.dashboards import canonical
from lakehouse.dashboards.access import read_access
from lakehouse.dashboards.files import bundle, read_assets
from lakehouse.dashboards.identity import number_of, uuid_of
from lakehouse.dashboards.joined import JOINED
from lakehouse.metrics.loading import load_metrics
from lakehouse.metrics.source import query_of
from libs.settings.config import load_settings

ALL = read_assets(ASSETS)
DATASETS = {c["uuid"]: c for path, c in ALL.items() if path.startswith("datasets/")}
CHARTS = {path: c for path, c in ALL.items() if path.startswith("charts/")}
DASHBOARDS = {path: c for path, c in ALL.items() if path.startswith("dashboards/")}


def test_the_committed_datasets_match_the_declarations(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_a_dataset_that_no_declaration_makes_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("jobs.dashboards.ASSETS", tmp_path)
    assert main(["--generate"]) == 0
    assert main(["--check"]) == 0
    (tmp_path / "datasets" / "gold_dropped.yaml").write_text("uuid: x")
    (tmp_path / "databases" / "lakehouse.yaml").write_text("old")
    assert main(["--check"]) == 1
    assert main(["--generate"]) == 0
    assert main(["--check"]) == 0


def test_uuids_are_the_same_everywhere() -> None:
    assert uuid_of("dataset", "gold.revenue_daily") == "6e95574c-b176-5c41-90f3-5349a742b917"
    assert len({c["uuid"] for c in ALL.values()}) == len(ALL)


def test_every_column_of_a_dataset_is_declared() -> None:
    declared = {name: entry.table.column_names for name, entry in catalogue().items()}
    for view in load_metrics(load_settings({}), catalogue()).views:
        declared[view.name] = [*({"day", *view.grains} if view.time else ()), *view.dimension_names]
    declared |= {f"gold.{joined.name}": query_of(joined.sql).named_selects for joined in JOINED}
    for dataset in DATASETS.values():
        named = [column["column_name"] for column in dataset["columns"]]
        assert sorted(named) == sorted(declared[f"{dataset['schema']}.{dataset['table_name']}"])


def test_every_measure_is_a_saved_metric_with_meaning_and_format() -> None:
    for view in load_metrics(load_settings({}), catalogue()).views:
        saved = {m["metric_name"]: m for m in DATASETS[uuid_of("dataset", view.name)]["metrics"]}
        assert list(saved) == list(view.metrics)
        for name, measure in view.metrics.items():
            assert saved[name]["expression"] == f"MEASURE(`{name}`)"
            assert measure.description in saved[name]["description"]
            assert saved[name]["d3format"]


@pytest.mark.parametrize("path", CHARTS)
def test_a_chart_asks_for_what_its_dataset_has(path: str) -> None:
    chart = CHARTS[path]
    dataset = DATASETS[chart["dataset_uuid"]]
    known = {c["column_name"] for c in dataset["columns"]} | {m["metric_name"] for m in dataset["metrics"]}
    asked = set(_names(chart["params"]))
    assert asked <= known, f"{path}: {sorted(asked - known)}"
    assert canonical.chart(chart) == chart, "not in the form in which an export writes it"


@pytest.mark.parametrize("path", DASHBOARDS)
def test_a_dashboard_has_existing_charts_and_filters_that_fit(path: str) -> None:
    dashboard = DASHBOARDS[path]
    charts = {c["uuid"]: c for c in CHARTS.values()}
    shown = [place["meta"] for place in dashboard["position"].values() if isinstance(place, dict) and place["type"] == "CHART"]
    assert shown
    assert {meta["uuid"] for meta in shown} <= set(charts)
    assert all(meta["sliceName"] == charts[meta["uuid"]]["slice_name"] for meta in shown)
    for filter_ in dashboard["metadata"]["native_filter_configuration"]:
        for uuid in [m["uuid"] for m in shown if number_of(m["uuid"]) not in filter_["scope"]["excluded"]]:
            _assert_filter_reaches(filter_, charts[uuid])
    assert canonical.dashboard(dashboard) == dashboard, "not in the form in which an export writes it"


def test_every_chart_is_on_a_dashboard_and_has_a_unique_name() -> None:
    places = [p for d in DASHBOARDS.values() for p in d["position"].values() if isinstance(p, dict)]
    shown = {p["meta"]["uuid"] for p in places if p["type"] == "CHART"}
    assert shown == {c["uuid"] for c in CHARTS.values()}
    assert len({c["slice_name"] for c in CHARTS.values()}) == len(CHARTS)


def test_rules_about_rows_name_datasets_with_their_columns() -> None:
    by_name = {f"{d['schema']}.{d['table_name']}": d for d in DATASETS.values()}
    for rule in read_access(ASSETS.parent / "access.yaml").row_level_security:
        column = re.match(r"\w+", rule.clause)
        assert column
        for name in rule.datasets:
            assert column.group(0) in [c["column_name"] for c in by_name[name]["columns"]]


def test_no_file_names_a_machine_or_holds_a_password() -> None:
    for path, text in bundle(ALL).items():
        assert not re.search(r"127\.0\.0\.1|localhost|password", text), path


def _names(params: dict[str, Any]) -> list[str]:
    """Columns and saved metrics that the chart names, by themselves or in SQL expressions of its own."""
    found = [params.get(key) for key in ("x_axis", "metric", "timeseries_limit_metric")]
    found += [*params.get("metrics", []), *params.get("all_columns", [])]
    found += params["groupby"] if isinstance(params.get("groupby"), list) else [params.get("groupby")]
    found += [f["subject"] for f in params["adhoc_filters"]]
    found += [json.loads(order)[0] for order in params.get("order_by_cols", [])]
    expressions = [sqlglot.parse_one(f["sqlExpression"], dialect="spark") for f in found if isinstance(f, dict)]
    in_sql = [column.name for expression in expressions for column in expression.find_all(sqlglot.exp.Column)]
    return [*in_sql, *(name for name in found if isinstance(name, str))]


def _assert_filter_reaches(filter_: dict[str, Any], chart: dict[str, Any]) -> None:
    """A filter that is shown on a chart and does not change it would mislead."""
    columns = [c["column_name"] for c in DATASETS[chart["dataset_uuid"]]["columns"]]
    if filter_["filterType"] == "filter_time":
        assert any(f["operator"] == "TEMPORAL_RANGE" for f in chart["params"]["adhoc_filters"]), chart["slice_name"]
    for target in filter_["targets"]:
        if "column" in target:
            assert target["column"]["name"] in columns, f"{filter_['name']} does not reach {chart['slice_name']}"
