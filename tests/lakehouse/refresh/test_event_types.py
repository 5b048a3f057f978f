"""Event types that look like known ones are named, with their number and what to declare; those that are declared so are counted."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.contract.loading import load_source
from lakehouse.funnels.declaration import Funnels
from lakehouse.refresh.event_types import of_funnels, unlike_known
from lakehouse.refresh.fed import Fed
from lakehouse.refresh.orchestration import Asked, refresh
from libs.settings.config import load_settings
from libs.settings.project import PROJECT_ROOT
from tests.lakehouse.test_odd_inputs import Heard, answers
from tests.small_spark import small

SOURCES = PROJECT_ROOT / "conf" / "sources"
TYPES = ["purchase", "PURCHASE", "Purchase", "PURCHASE", "Add to cart", "page-view", "view", "Signup", "other", "REFUND"]


def fed(source: str) -> Fed:
    declared = load_source(SOURCES / f"{source}.yaml")
    return Fed(declared, "events", "events", declared.tables["events"].feeds["events"])


def test_types_that_differ_in_capitals_or_signs_between_words_are_named(spark: SparkSession) -> None:
    funnels = Funnels.model_validate(
        {"funnels": [{"name": "new", "unit": "user", "window": "1d", "steps": [{"name": "in", "event_type": "signup"}]}]}
    )
    rows = [("product_events", word) for word in TYPES] + [("thelook", word) for word in ("Product", "product", "VIEW", None)]
    events = spark.createDataFrame(rows, "source string, event_type string")

    plain, shop = unlike_known(events, [fed("product_events"), fed("thelook")], of_funnels({"funnels": funnels}))

    found = "PURCHASE (2), not purchase, Add to cart (1), not add_to_cart, Purchase (1), not purchase, Signup (1), not signup"
    assert found in plain
    assert "page-view (1), not page_view" in plain
    assert "`event_type: {sql: lower(event_type)}`" in plain
    assert "REFUND" not in plain
    assert "other (" not in plain
    assert "Product (1), not view, VIEW (1), not view; where those are meant, name them in the `map`" in shop
    assert unlike_known(events.where("event_type in ('view', 'other')"), [fed("product_events")]) == []


@pytest.mark.only_native
def test_a_run_says_what_revenue_it_does_not_count_and_how_to_count_it(engine: str, tmp_path: Path) -> None:
    data, conf = tmp_path / "data", tmp_path / "conf"
    data.mkdir()
    rows = [
        {"event_id": f"e{n}", "user_id": "u", "event_type": word, "timestamp": f"2026-03-02 10:0{n}:00", "amount": 5}
        for n, word in enumerate(("purchase", "PURCHASE", "Purchase"))
    ]
    (data / "product_events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    known = {"LAKEHOUSE_ROOT": str(tmp_path / "lake"), "LAKEHOUSE_ENGINE": engine, "REPORT": str(tmp_path / "report.html")}
    asked = Asked(str(data), "product_events", datetime(2026, 3, 3, tzinfo=UTC))
    revenue = "select orders, gross_revenue::double from gold.revenue_daily where order_date = '2026-03-02'"
    heard = Heard()

    refresh(asked, small(load_settings(known)), heard)
    assert [line for line in heard.lines if "PURCHASE (1), not purchase, Purchase (1), not purchase" in line]
    assert answers(tmp_path / "lake", [revenue]) == {revenue: [(1, 5.0)]}

    (conf / "sources").mkdir(parents=True)
    text = (SOURCES / "product_events.yaml").read_text()
    text = text.replace("          event_type: event_type\n", "          event_type: {sql: lower(event_type)}\n")
    (conf / "sources" / "product_events.yaml").write_text(
        text.replace("event_type = 'purchase'", "lower(event_type) = 'purchase'")
    )
    again = Heard()
    refresh(asked, small(load_settings({**known, "CONF": str(conf)})), again)
    assert [line for line in again.lines if "not purchase" in line] == []
    assert answers(tmp_path / "lake", [revenue]) == {revenue: [(3, 15.0)]}
