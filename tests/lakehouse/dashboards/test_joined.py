"""The rows of the datasets that charts of models read, by DuckDB from hand-made tables."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import pytest
import sqlglot

from lakehouse.catalogue.discovery import catalogue
from lakehouse.dashboards.joined import JOINED, OF_MODELS

OLD, NEW = datetime(2026, 1, 1), datetime(2026, 2, 1)
SCORES = [
    {"user_id": "a", "scored_at": OLD, "churn_probability": 0.9, "risk_band": "high", "model_version": "9", "reason_2": "old"},
    {"user_id": "a", "scored_at": NEW, "churn_probability": 0.2, "risk_band": "low", "model_version": "10", "reason_2": "new"},
    {"user_id": "b", "scored_at": NEW, "churn_probability": 0.8, "risk_band": "high", "model_version": "10", "reason_2": "b"},
]
MADE: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "gold.churn_scores": SCORES,
    "gold.churn_labels": [{"user_id": "a", "cutoff": date(2026, 1, 1), "churned": 1}],
    "gold.customer_metrics": [{"user_id": "a", "rfm_segment": "champions", "engagement_tier": "high"}],
    "gold.retention_targets": [{"user_id": "a", "rank": 1, "expected_value": 5.0, "churn_probability": 0.2, "scored_at": NEW}],
    "gold.drift": [
        {"checked_at": moment, "kind": "feature", "name": name, "psi": psi, "is_alarm": psi > 1}
        for moment, name, psi in [(OLD, "x", 2.0), (NEW, "x", 0.1), (NEW, "y", 0.2)]
    ],
    "gold.model_curves": [
        {"model_version": version, "curve": curve, "position": 1, "x": 0.25, "y": 0.5, "users": 40}
        for version in ("9", "10")
        for curve in ("calibration", "lift")
    ],
    "gold.customer_value": [{"user_id": user, "expected_value": value} for user, value in (("a", 7.0), ("b", None))],
    "gold.recommendations": [{"user_id": "b", "rank": 1, "product_id": "p", "method": "als"}],
    "gold.product_performance": [{"product_id": "p", "name": "Pan", "category": None}],
}


@pytest.fixture(scope="module")
def found() -> dict[str, list[dict[str, Any]]]:
    """The rows of every dataset by its name."""
    with duckdb.connect() as connection:
        connection.execute("create schema gold")
        for name, rows in MADE.items():
            _make(connection, name, rows)
        return {joined.name: _rows(connection, joined.sql) for joined in OF_MODELS}


def test_every_dataset_has_the_columns_whose_meaning_it_names(found: Mapping[str, list[dict[str, Any]]]) -> None:
    for joined in OF_MODELS:
        assert set(found[joined.name][0]) == set(joined.origins), joined.name
        for origin in joined.origins.values():
            table, column = origin.rsplit(".", 1)
            assert column in catalogue()[table].table.column_names
    assert len({joined.name for joined in JOINED}) == len(JOINED)


def test_scores_and_drift_are_those_of_the_newest_run(found: Mapping[str, list[dict[str, Any]]]) -> None:
    scores = {row["user_id"]: (row["churn_probability"], row["rfm_segment"]) for row in found["newest_scores"]}
    assert scores == {"a": (0.2, "champions"), "b": (0.8, "no orders")}
    assert {row["name"]: row["psi"] for row in found["newest_drift"]} == {"x": 0.1, "y": 0.2}


def test_a_target_has_the_reasons_of_its_own_score(found: Mapping[str, list[dict[str, Any]]]) -> None:
    assert [(row["user_id"], row["reason_2"], row["risk_band"]) for row in found["explained_targets"]] == [("a", "new", "low")]


def test_the_newest_version_is_that_of_the_greatest_number(found: Mapping[str, list[dict[str, Any]]]) -> None:
    assert {row["model_version"] for row in found["newest_curves"]} == {"10"}


def test_only_scores_whose_horizon_is_over_are_realised(found: Mapping[str, list[dict[str, Any]]]) -> None:
    said = [(r["model_version"], r["kind"], r["predicted"], r["observed"], r["users"]) for r in found["predicted_and_left"]]
    assert sorted(said) == [("10", "held out", 0.25, 0.5, 40), ("9", "held out", 0.25, 0.5, 40), ("9", "realised", 0.9, 1.0, 1)]


def test_value_and_recommendations_have_names_where_they_are_known(found: Mapping[str, list[dict[str, Any]]]) -> None:
    value = {row["user_id"]: (row["rfm_segment"], row["expected_value"]) for row in found["value_by_segment"]}
    assert value == {"a": ("champions", 7.0), "b": ("no orders", None)}
    [recommended] = found["recommended_products"]
    assert (recommended["product"], recommended["category"], recommended["rfm_segment"]) == ("Pan", "unknown", "no orders")


def _make(connection: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    table = catalogue()[name].table
    columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
    connection.execute(f"create table {name} ({columns})")
    for row in rows:
        names = ", ".join(f'"{column}"' for column in row)
        connection.execute(f"insert into {name} ({names}) values ({', '.join('?' for _ in row)})", list(row.values()))


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    answer = connection.execute(sqlglot.transpile(sql, read="spark", write="duckdb")[0])
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
