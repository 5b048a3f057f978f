"""Superset by its REST API: import and export, access, refused queries, caching."""

import hmac
import json
import os
import shutil
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from jobs.dashboards import ASSETS, main
from lakehouse.dashboards.connection import address, administrator
from lakehouse.dashboards.exported import exported_files
from lakehouse.dashboards.files import parsed
from libs.superset.api import Superset, SupersetError

pytestmark = pytest.mark.cluster
KINDS = ("dataset", "chart", "dashboard", "database")
PASSWORD = "of-a-test-user-9d2f"


def test_an_import_again_makes_no_doubles(imported: Superset) -> None:
    before = {kind: sorted(row["id"] for row in imported.listed(kind, ["id"])) for kind in KINDS}
    rules = imported.listed("rowlevelsecurity", ["id"])
    assert main(["--import"]) == 0
    assert {kind: sorted(row["id"] for row in imported.listed(kind, ["id"])) for kind in KINDS} == before
    assert imported.listed("rowlevelsecurity", ["id"]) == rules


def test_an_edit_comes_back_into_its_file_and_is_undone_by_an_import(imported: Superset, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ASSETS, tmp_path / "assets"))
    assert exported_files(parsed(imported.export_assets()), folder) == []
    chart = next(row for row in imported.listed("chart", ["id", "slice_name"]) if row["slice_name"] == "Quick ratio by month")
    imported.put(f"chart/{chart['id']}", {"slice_name": "Quick ratio", "description": "edited"})
    assert exported_files(parsed(imported.export_assets()), folder) == [folder / "charts" / "quick_ratio_by_month.yaml"]
    assert main(["--import"]) == 0
    assert exported_files(parsed(imported.export_assets()), Path(shutil.copytree(ASSETS, tmp_path / "again"))) == []


def test_a_session_that_has_expired_logs_in_again(known: Mapping[str, str], imported: Superset) -> None:
    good = str(imported.http.headers["Authorization"]).removeprefix("Bearer ")
    assert _signed(_claims(good), known["SUPERSET_SECRET_KEY"]) == good
    old = _signed(_claims(good) | {"exp": 1}, known["SUPERSET_SECRET_KEY"])
    imported.http.headers["Authorization"] = f"Bearer {old}"
    assert imported.listed("dashboard", ["id"])
    assert imported.http.headers["Authorization"] != f"Bearer {old}"


def test_tables_and_metric_views_are_listed_separately(imported: Superset) -> None:
    database = imported.listed("database", ["id", "database_name"])[0]["id"]
    listed = imported.get(f"database/{database}/tables/", q="(schema_name:metrics)")["result"]
    assert {row["value"]: row["type"] for row in listed}["revenue"] == "view"
    listed = imported.get(f"database/{database}/tables/", q="(schema_name:gold)")["result"]
    assert {row["value"]: row["type"] for row in listed}["revenue_daily"] == "table"


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("java_method('java.lang.System', 'getProperty', 'user.home')", "function java_method is refused"),
        ("max(reflect('java.lang.System', 'getenv'))", "function reflect is refused"),
    ],
)
def test_a_chart_cannot_call_java(viewer: Superset, expression: str, why: str) -> None:
    metric = {"expressionType": "SQL", "sqlExpression": expression, "label": "x"}
    with pytest.raises(SupersetError, match=why):
        _ask(viewer, "gold.revenue_daily", metrics=[metric])


def test_an_expression_reaches_spark_as_it_was_written(viewer: Superset) -> None:
    written = {"whole": "sum(net_revenue)", "half": "sum(net_revenue) * 0.75 - sum(net_revenue) * 0.25"}
    metrics = [{"expressionType": "SQL", "sqlExpression": sql, "label": label} for label, sql in written.items()]
    [row] = _ask(viewer, "gold.revenue_daily", metrics=metrics)
    assert float(row["half"]) == pytest.approx(float(row["whole"]) / 2)


def test_a_viewer_changes_nothing_and_writes_no_sql(viewer: Superset, imported: Superset) -> None:
    chart = imported.listed("chart", ["id"])[0]["id"]
    database = imported.listed("database", ["id"])[0]["id"]
    for attempt in (
        lambda: viewer.put(f"chart/{chart}", {"slice_name": "mine"}),
        lambda: viewer.post("chart/", {"slice_name": "mine"}),
        lambda: viewer.put("dashboard/1", {"dashboard_title": "mine"}),
        lambda: viewer.post("sqllab/execute/", {"database_id": database, "sql": "select 1"}),
        lambda: viewer.get("database/"),
        lambda: viewer.export_assets(),
        lambda: viewer.get("security/users/"),
    ):
        with pytest.raises(SupersetError, match=r"answered 40[134]"):
            attempt()


@pytest.fixture
def german(imported: Superset) -> Iterator[Superset]:
    """A user of the team of Germany."""
    roles = {role["name"]: role["id"] for role in imported.listed("security/roles", ["id", "name"])}
    there = [user["id"] for user in imported.listed("security/users", ["id", "username"]) if user["username"] == "german"]
    if not there:
        about = {"username": "german", "first_name": "G", "last_name": "T", "email": "german@localhost", "active": True}
        imported.post("security/users/", {**about, "password": PASSWORD, "roles": [roles["Viewer"], roles["Data of Germany"]]})
    yield Superset(address(os.environ), "german", PASSWORD)


def test_a_rule_about_rows_leaves_a_country_its_own(german: Superset, viewer: Superset) -> None:
    everyone = _ask(viewer, "metrics.revenue", metrics=["net_revenue"], columns=["country"])
    own = _ask(german, "metrics.revenue", metrics=["net_revenue"], columns=["country"])
    assert len(everyone) > 1
    assert own == [row for row in everyone if row["country"] == "Germany"]
    total = _ask(german, "metrics.revenue", metrics=["net_revenue"])
    assert total[0]["net_revenue"] == own[0]["net_revenue"]
    with pytest.raises(SupersetError, match="answered 403"):
        _ask(german, "gold.customer_metrics", metrics=["rows"])


def test_results_are_cached_until_the_cache_is_cleared(viewer: Superset) -> None:
    def kept() -> bool:
        return bool(_answer(viewer, "metrics.revenue", metrics=["orders"], columns=["brand"])["is_cached"])

    assert main(["--empty-cache"]) == 0
    assert [kept(), kept()] == [False, True]
    assert main(["--empty-cache"]) == 0
    assert [kept(), kept()] == [False, True]


def _ask(session: Superset, dataset: str, metrics: Sequence[Any] = (), columns: Sequence[str] = ()) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = _answer(session, dataset, metrics, columns)["data"]
    return rows


def _answer(session: Superset, dataset: str, metrics: Sequence[Any] = (), columns: Sequence[str] = ()) -> dict[str, Any]:
    schema, name = dataset.split(".")
    rows = session.listed("dataset", ["id", "schema", "table_name"])
    ids = [row["id"] for row in rows if (row["schema"], row["table_name"]) == (schema, name)]
    number = ids[0] if ids else _number_of(dataset)
    query = {"metrics": list(metrics), "columns": list(columns), "row_limit": 1000, "orderby": []}
    answer: dict[str, Any] = session.post("chart/data", {"datasource": {"id": number, "type": "table"}, "queries": [query]})
    return dict(answer["result"][0])


def _claims(token: str) -> dict[str, Any]:
    """The claims of a JSON web token."""
    return dict(json.loads(urlsafe_b64decode(token.split(".")[1] + "==")))


def _signed(claims: Mapping[str, Any], key: str) -> str:
    """A JSON web token with these claims, by HMAC with SHA-256."""
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mark = urlsafe_b64encode(hmac.digest(key.encode(), signed, "sha256")).rstrip(b"=")
    return b".".join([signed, mark]).decode()


def _number_of(dataset: str) -> int:
    """The number of a dataset that the asking user may not see."""
    schema, name = dataset.split(".")
    rows = administrator(os.environ).listed("dataset", ["id", "schema", "table_name"])
    return next(int(row["id"]) for row in rows if (row["schema"], row["table_name"]) == (schema, name))
