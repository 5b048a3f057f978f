"""The page's section on models, from real Delta tables that delta-rs wrote."""

from pathlib import Path

import pytest

from lakehouse.report import read_report_data
from lakehouse.report.models import models
from libs.store.published import Published
from tests.lakehouse.report.test_data import about, lakehouse

JUDGED = "user_id text, product_id text, purchase_probability double, days_since_view int, horizon_days int, method text"
PRODUCTS = ("product_id text, name text", [("p1", "Jacket"), ("p2", None), ("p9", "Scarf")])
NAMES = ("gold.purchase_propensity", "silver.products")


@pytest.fixture
def judged(tmp_path: Path) -> Published:
    rows = [("7", "p1", 0.031, 4, 30, "logistic"), ("8", "p2", 0.2, 12, 30, "logistic"), ("7", "p3", 0.031, 1, 30, "logistic")]
    return lakehouse(tmp_path, gold__purchase_propensity=(JUDGED, rows), silver__products=PRODUCTS)


def test_viewed_products_stand_by_their_probability_with_the_name_where_there_is_one(judged: Published) -> None:
    likely = models(read_report_data(judged, about(*NAMES))).likely
    assert [cells for cells, _ in likely.rows] == [
        ("8", "p2", "12", "20.0 %"),
        ("7", "Jacket", "4", "3.1 %"),
        ("7", "p3", "1", "3.1 %"),
    ]
    assert "within 30 days (logistic)" in likely.note


def test_too_little_to_learn_from_is_told_apart_from_no_run(judged: Published, tmp_path: Path) -> None:
    none_yet = models(read_report_data(lakehouse(tmp_path / "other", silver__products=PRODUCTS), about("silver.products"))).likely
    assert (none_yet.rows, none_yet.empty) == ([], "No run yet: run make models.")

    from deltalake import DeltaTable

    DeltaTable(str(tmp_path / "gold" / "purchase_propensity")).delete()
    empty = models(read_report_data(judged, about(*NAMES))).likely
    assert (empty.rows, empty.note) == ([], "")
    assert empty.empty == "Too few viewed products were bought on a later day to learn from; make recommend prints how many."
