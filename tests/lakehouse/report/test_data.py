"""The data of the page, read from real Delta tables that delta-rs wrote."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from lakehouse.report import About, read_report_data
from lakehouse.report.data import rows_of
from lakehouse.report.page import render
from libs.store.published import Published

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
Rows = list[tuple[Any, ...]]


def lakehouse(root: Path, **tables: tuple[str, Rows]) -> Published:
    """Tables by name, `__` for the dot, each with its columns and types in SQL and its rows."""
    for name, (columns, rows) in tables.items():
        with duckdb.connect() as connection:
            connection.execute(f"set timezone = 'UTC'; create table t ({columns})")
            connection.executemany(f"insert into t values ({', '.join('?' * len(rows[0]))})", rows)
            arrow = pa.table(connection.sql("from t").to_arrow_table())
        write_deltalake(str(root / name.replace("__", "/")), arrow)
    return Published(str(root))


def about(*tables: str) -> About:
    return About("run-1", AS_OF, AS_OF, ["thelook"], {name: f"about {name}" for name in tables})


def test_recent_days_are_added_up_by_what_they_are_broken_down_by(tmp_path: Path) -> None:
    rows = [
        (date(2025, 12, 1), "Chrome", "France", 1000, 100),  # 31 days before as_of
        (date(2025, 12, 2), "Chrome", "France", 10, 1),
        (date(2025, 12, 31), "Chrome", "Japan", 20, 2),
        (date(2025, 12, 31), "Safari", "Japan", 5, 0),
        (date(2026, 1, 1), "Safari", "Japan", 1000, 100),  # not complete
    ]
    columns = "activity_date date, device text, country text, sessions bigint, purchases bigint"
    data = read_report_data(lakehouse(tmp_path, gold__device_metrics=(columns, rows)), about("gold.device_metrics"))
    assert data.devices.values.tolist() == [["Chrome", 30, 3], ["Safari", 5, 0]]
    assert data.countries.values.tolist() == [["Japan", 25, 2], ["France", 10, 1]]


def test_customers_are_those_who_ordered_and_tiers_hold_all_users(tmp_path: Path) -> None:
    rows: Rows = [
        ("a", 1, 10.0, 5, "new", "low"),
        ("b", 3, 90.0, 7, "loyal", "high"),
        ("c", 2, 30.0, 9, "loyal", "low"),
        ("d", 0, 0.0, None, None, "low"),
    ]
    columns = "user_id text, orders bigint, net_revenue decimal(18, 6), recency_days int, rfm_segment text, engagement_tier text"
    data = read_report_data(lakehouse(tmp_path, gold__customer_metrics=(columns, rows)), about("gold.customer_metrics"))
    assert data.segments.values.tolist() == [["loyal", 2, 2, 5, 120.0, 8.0], ["new", 1, 0, 1, 10.0, 5.0]]
    assert data.tiers.values.tolist() == [["high", 1, 1, 3, 90.0], ["low", 3, 2, 3, 40.0]]


FUNNEL_COLUMNS = """funnel text, entry_date date, breakdown text, breakdown_value text, step_number int, step_name text,
    entrants bigint, converted bigint, median_seconds double, is_mature boolean"""


def test_a_funnel_is_added_up_over_its_last_mature_days(tmp_path: Path) -> None:
    days = [
        (date(2025, 11, 1), 500, 50.0),
        (date(2025, 12, 20), 10, 100.0),
        (date(2025, 12, 21), 1, 9.0),
        (date(2025, 12, 22), 2, 7.0),
    ]
    rows: Rows = [("buy", on, "all", "all", 2, "bought", 20, n, seconds, True) for on, n, seconds in days]
    rows += [("buy", date(2025, 12, 23), "all", "all", 2, "bought", 20, 19, 1.0, False)]
    rows += [("idle", date(2025, 12, 22), "all", "all", 2, "bought", 20, 0, None, True)]
    data = read_report_data(lakehouse(tmp_path, gold__funnel_daily=(FUNNEL_COLUMNS, rows)), about("gold.funnel_daily"))
    rows_found = data.funnels.drop(columns=["median_seconds", "first_day", "last_day"]).values.tolist()
    assert rows_found == [["buy", "all", "all", 2, "bought", 60, 13], ["idle", "all", "all", 2, "bought", 20, 0]]
    # Ten of thirteen took 100 s, at their day's median.
    assert data.funnels["median_seconds"].fillna(-1).tolist() == [100.0, -1.0]
    assert [str(data.funnels[name][0])[:10] for name in ("first_day", "last_day")] == ["2025-12-20", "2025-12-22"]


def test_paths_are_those_of_the_last_days_and_anomalies_reach_three_months_back(tmp_path: Path) -> None:
    edges: Rows = [(date(2025, 12, n), 1, "(start)", step, n) for n in (1, 2, 31) for step in ("view",)]
    judged: Rows = [("dau", date(2025, m, n), 5.0, 4.0, 1.0, 7.0, 1.0, False) for m, n in ((10, 1), (10, 2), (12, 31))]
    tables = lakehouse(
        tmp_path,
        gold__paths=("activity_date date, step_number int, from_step text, to_step text, sessions bigint", edges),
        gold__anomalies=(
            "metric text, activity_date date, value double, expected double, lower double, upper double, robust_z_score double, "
            "is_anomaly boolean",
            judged,
        ),
    )
    data = read_report_data(tables, about("gold.paths", "gold.anomalies"))
    assert data.paths.values.tolist() == [[1, "(start)", "view", 33]]
    assert [str(day)[:10] for day in data.anomalies["activity_date"]] == ["2025-10-02", "2025-12-31"]


def test_candidates_are_added_up_by_product_and_named(tmp_path: Path) -> None:
    candidates = [("u1", "p1", 3, 5.0), ("u2", "p1", 1, 2.5), ("u1", "p2", 9, 4.0)]
    products = [("p1", "Jacket", "Outer", 1, 2, 0, 10.0, 5.0, 0.5), ("p2", None, None, 1, 1, 1, 0.0, 0.0, 0.0)]
    tables = lakehouse(
        tmp_path,
        gold__cross_sell_candidates=(
            "user_id text, product_id text, product_views bigint, estimated_lost_revenue decimal(18, 6)",
            candidates,
        ),
        gold__product_performance=(
            "product_id text, name text, category text, product_views bigint, units_sold bigint, units_returned bigint, "
            "net_revenue decimal(18, 6), profit decimal(18, 6), conversion_rate double",
            products,
        ),
    )
    data = read_report_data(tables, about("gold.cross_sell_candidates", "gold.product_performance"))
    assert data.cross_sell.values.tolist() == [["p1", "Jacket", 2, 4, 7.5], ["p2", "p2", 1, 9, 4.0]]
    assert data.products["product_id"].tolist() == ["p1"]


def test_each_table_shows_its_latest_check_and_reasons_are_counted(tmp_path: Path) -> None:
    old, new = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    checks: Rows = [
        (t, e, "fail", p, 0, 0, "", at)
        for t, e, p, at in [("t1", "a", False, old), ("t1", "a", True, new), ("t2", "b", True, old)]
    ]
    tables = lakehouse(
        tmp_path,
        gold__quality_results=(
            '"table" text, expectation text, severity text, passed boolean, rows_checked bigint, unexpected_count bigint, '
            "meaning text, checked_at timestamptz",
            checks,
        ),
        quarantine__s_events=("reasons text[]", [(["future"],), (["future", "missing_key"],)]),
    )
    data = read_report_data(tables, about("gold.quality_results"), [{"table": "quarantine.s_events", "mode": "append"}])
    assert data.checks[["table", "passed"]].values.tolist() == [["t1", True], ["t2", True]]
    assert data.reasons.values.tolist() == [["quarantine.s_events", "future", 2], ["quarantine.s_events", "missing_key", 1]]
    assert data.tables.values.tolist() == [
        ["gold.quality_results", "about gold.quality_results", 3, 0],
        ["quarantine.s_events", "", 2, 0],
    ]


def test_of_each_table_the_latest_reconciliations_are_shown_those_that_did_not_hold_first(tmp_path: Path) -> None:
    old, new = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    results: Rows = [
        (table, "sum", "sums agree", 5.0, other, 3, differ, differ == 0, at)
        for table, other, differ, at in [("t1", 4.0, 1, old), ("t1", 5.0, 0, new), ("t2", 4.5, 2, old)]
    ]
    columns = (
        '"table" text, "check" text, meaning text, published_value decimal(38, 6), recomputed_value decimal(38, 6), figures bigint, '
        "different_figures bigint, passed boolean, checked_at timestamptz"
    )
    data = read_report_data(lakehouse(tmp_path, gold__reconciliation=(columns, results)), about("gold.reconciliation"))
    found = [(r.table, r.published_value, r.recomputed_value, r.different_figures) for r in rows_of(data.reconciled)]
    assert found == [("t2", 5.0, 4.5, 2), ("t1", 5.0, 5.0, 0)]


@pytest.mark.parametrize("named", [(), ("gold.revenue_daily", "gold.active_users_daily")])
def test_missing_tables_make_an_empty_page(tmp_path: Path, named: tuple[str, ...]) -> None:
    page = render(read_report_data(Published(str(tmp_path)), about(*named)))
    assert "No orders yet." in page
