from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.report import About, read_report_data
from lakehouse.report.page import render

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class InMemory:
    """Tables that need no disk."""

    tables: Mapping[str, DataFrame]

    def exists(self, name: str) -> bool:
        return name in self.tables

    def version(self, name: str) -> int:
        return 7

    def row_count(self, name: str, version: int | None = None) -> int:
        return self.read(name, version).count()

    def read(self, name: str, version: int | None = None) -> DataFrame:
        assert version == 7
        return self.tables[name]


def about(*tables: str) -> About:
    return About("run-1", AS_OF, AS_OF, ["thelook"], {name: f"about {name}" for name in tables})


def test_recent_days_are_added_up_by_what_they_are_broken_down_by(spark: SparkSession) -> None:
    rows = [
        (date(2025, 12, 1), "Chrome", "France", 1000, 100),  # 31 days before as_of
        (date(2025, 12, 2), "Chrome", "France", 10, 1),
        (date(2025, 12, 31), "Chrome", "Japan", 20, 2),
        (date(2025, 12, 31), "Safari", "Japan", 5, 0),
        (date(2026, 1, 1), "Safari", "Japan", 1000, 100),  # not complete
    ]
    columns = "activity_date date, device string, country string, sessions long, purchases long"
    data = read_report_data(InMemory({"gold.device_metrics": spark.createDataFrame(rows, columns)}), about("gold.device_metrics"))
    assert data.devices.values.tolist() == [["Chrome", 30, 3], ["Safari", 5, 0]]
    assert data.countries.values.tolist() == [["Japan", 25, 2], ["France", 10, 1]]


def test_customers_are_those_who_ordered(spark: SparkSession) -> None:
    rows = [("a", 1, 10.0, 5, "new"), ("b", 3, 90.0, 7, "loyal"), ("c", 2, 30.0, 9, "loyal"), ("d", 0, 0.0, None, None)]
    columns = "user_id string, orders long, net_revenue double, recency_days int, rfm_segment string"
    data = read_report_data(
        InMemory({"gold.customer_metrics": spark.createDataFrame(rows, columns)}), about("gold.customer_metrics")
    )
    assert data.segments.values.tolist() == [["loyal", 2, 2, 5, 120.0, 8.0], ["new", 1, 0, 1, 10.0, 5.0]]


def test_candidates_are_added_up_by_product_and_named(spark: SparkSession) -> None:
    candidates = [("u1", "p1", 3, 5.0), ("u2", "p1", 1, 2.5), ("u1", "p2", 9, 4.0)]
    products = [("p1", "Jacket", "Outer", 1, 2, 0, 10.0, 5.0, 0.5), ("p2", None, None, 1, 1, 1, 0.0, 0.0, 0.0)]
    tables = InMemory(
        {
            "gold.cross_sell_candidates": spark.createDataFrame(
                candidates, "user_id string, product_id string, views long, estimated_lost_revenue double"
            ),
            "gold.product_performance": spark.createDataFrame(
                products,
                "product_id string, name string, category string, views long, units_sold long, units_returned long, "
                "net_revenue double, profit double, conversion_rate double",
            ),
        }
    )
    data = read_report_data(tables, about(*tables.tables))
    assert data.cross_sell.values.tolist() == [["p1", "Jacket", 2, 4, 7.5], ["p2", "p2", 1, 9, 4.0]]
    assert data.products["product_id"].tolist() == ["p1"]


def test_each_table_shows_its_latest_check_and_reasons_are_counted(spark: SparkSession) -> None:
    old, new = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    checks = [("t1", "a", False, old), ("t1", "a", True, new), ("t2", "b", True, old)]
    tables = InMemory(
        {
            "gold.quality_results": spark.createDataFrame(
                [(t, e, "fail", p, 0, 0, "", at) for t, e, p, at in checks],
                "table string, expectation string, severity string, passed boolean, observed long, unexpected_count long, "
                "meaning string, checked_at timestamp",
            ),
            "quarantine.s_events": spark.createDataFrame([(["future"],), (["future", "missing_key"],)], "reasons array<string>"),
        }
    )
    data = read_report_data(tables, about("gold.quality_results"), [{"table": "quarantine.s_events", "mode": "append"}])
    assert data.checks[["table", "passed"]].values.tolist() == [["t1", True], ["t2", True]]
    assert data.reasons.values.tolist() == [["quarantine.s_events", "future", 2], ["quarantine.s_events", "missing_key", 1]]
    assert data.tables.values.tolist() == [
        ["gold.quality_results", "about gold.quality_results", 3, 7],
        ["quarantine.s_events", "", 2, 7],
    ]


@pytest.mark.parametrize("named", [(), ("gold.revenue_daily", "gold.active_users_daily")])
def test_tables_that_are_not_there_make_an_empty_page(named: tuple[str, ...]) -> None:
    page = render(read_report_data(InMemory({}), about(*named)))
    assert "No orders yet." in page
