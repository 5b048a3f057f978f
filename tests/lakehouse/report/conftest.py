from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from lakehouse.funnels.declaration import Funnel, Funnels
from lakehouse.report import About, ReportData
from lakehouse.report.data import (
    ACTIVE_USERS,
    ANOMALIES,
    BREAKDOWN,
    CHECKS,
    COHORT_REVENUE,
    CROSS_SELL,
    FUNNELS,
    LIFECYCLE,
    PATHS,
    PRODUCTS,
    REASONS,
    RECONCILED,
    RETENTION,
    REVENUE,
    SEGMENTS,
    STICKINESS,
    TABLES,
    TIERS,
)

PURCHASE = Funnel.model_validate(
    {
        "name": "purchase",
        "unit": "user",
        "window": "7d",
        "steps": [
            {"name": "viewed", "event_type": "view"},
            {"name": "in_cart", "event_type": "add_to_cart", "optional": True},
            {"name": "bought", "event_type": "purchase"},
        ],
        "breakdowns": ["device", "country"],
    }
)
ABOUT = About(
    run_id="20260101-0700-3f2a",
    as_of=datetime(2026, 1, 1, tzinfo=UTC),
    made_at=datetime(2026, 1, 2, 7, 30, tzinfo=UTC),
    sources=["thelook"],
    data_docs="data_docs/index.html",
    funnels=Funnels(funnels=(PURCHASE,)),
)


def _active_users(days: int) -> pd.DataFrame:
    dates = pd.date_range(end="2026-01-01", periods=days + 1).date
    rows = [(d, 100 + i % 7, 400 + i, 900 + 2 * i, 0.1, i < days) for i, d in enumerate(dates)]
    return pd.DataFrame(rows, columns=ACTIVE_USERS)


def _revenue(days: int) -> pd.DataFrame:
    dates = pd.date_range(end="2026-01-01", periods=days + 1).date
    rows = [(d, 10, 9, 15, 1200.0, 1000.0 + 50 * (i % 7), 400.0, 10) for i, d in enumerate(dates)]
    return pd.DataFrame(rows, columns=REVENUE)


def _lifecycle(weeks: int) -> pd.DataFrame:
    mondays = pd.date_range(end="2025-12-22", periods=weeks, freq="7D").date
    return pd.DataFrame([(d, 10 + i, 200, 30, 25) for i, d in enumerate(mondays)], columns=LIFECYCLE)


def _retention() -> pd.DataFrame:
    months = pd.date_range("2025-09-01", periods=3, freq="MS").date
    rows = [
        ("event", month, n, 100 * (i + 1), 100 if n == 0 else 40 - 10 * n) for i, month in enumerate(months) for n in range(4 - i)
    ]
    return pd.DataFrame(rows, columns=RETENTION)


def _cohort_revenue() -> pd.DataFrame:
    months = pd.date_range("2025-09-01", periods=3, freq="MS").date
    rows = [(month, n, 100 * (i + 1), 50.0 + 10 * i + 5 * n) for i, month in enumerate(months) for n in range(4 - i)]
    return pd.DataFrame(rows, columns=COHORT_REVENUE)


def _funnels() -> pd.DataFrame:
    days = (date(2025, 11, 25), date(2025, 12, 24))
    steps = [("viewed", 200, 0.0), ("in_cart", 40, 90.0), ("bought", 50, 5400.0)]
    rows = [("purchase", "all", "all", n, name, 200, found, seconds, *days) for n, (name, found, seconds) in enumerate(steps, 1)]
    for device, entered, bought in (("Chrome", 150, 45), ("Safari", 50, 5)):
        rows += [
            ("purchase", "device", device, n, "", entered, reached, 60.0, *days) for n, reached in ((1, entered), (3, bought))
        ]
    return pd.DataFrame(rows, columns=FUNNELS)


def _paths() -> pd.DataFrame:
    edges = [
        (1, "(start)", "page_view", 60),
        (1, "(start)", "view", 40),
        (2, "page_view", "view", 50),
        (2, "page_view", "(exit)", 10),
        (2, "view", "add_to_cart", 40),
        (3, "view", "(exit)", 50),
        (3, "add_to_cart", "purchase", 30),
        (3, "add_to_cart", "(more)", 10),
        (4, "purchase", "(exit)", 30),
    ]
    return pd.DataFrame(edges, columns=PATHS)


def _anomalies() -> pd.DataFrame:
    days = pd.date_range(end="2025-12-31", periods=60).date
    rows = [
        ("dau", d, 100.0, 98.0, 80.0, 116.0, 0.4, False) if i else ("dau", d, 100.0, None, None, None, None, False)
        for i, d in enumerate(days)
    ]
    rows[50] = ("dau", days[50], 20.0, 98.0, 80.0, 116.0, -15.2, True)
    return pd.DataFrame(rows, columns=ANOMALIES)


@pytest.fixture
def made_data() -> Callable[..., ReportData]:
    """A page's data over a number of days, with any part replaced."""

    def make(days: int = 90, **parts: object) -> ReportData:
        data = ReportData(
            about=ABOUT,
            active_users=_active_users(days),
            revenue=_revenue(days),
            lifecycle=_lifecycle(weeks=20),
            retention=_retention(),
            stickiness=pd.DataFrame([(date(2025, 12, 1), n, 100 // n) for n in (1, 2, 5)], columns=STICKINESS),
            devices=pd.DataFrame([("Chrome", 5000, 400), ("Safari", 2000, 150), ("not known", 10, 0)], columns=BREAKDOWN),
            countries=pd.DataFrame([(f"Country {i}", 900 - 50 * i, 40) for i in range(12)], columns=BREAKDOWN),
            traffic_sources=pd.DataFrame([("Email", 6000, 450), ("Adwords", 2000, 150)], columns=BREAKDOWN),
            products=pd.DataFrame(
                [(f"p{i}", f"Jacket number {i}", "Outerwear", 300, 40, 3, 9000.0 / (i + 1), 3000.0, 0.125) for i in range(15)],
                columns=PRODUCTS,
            ),
            segments=pd.DataFrame(
                [("champions", 300, 280, 1500, 90000.0, 12.0), ("at risk", 700, 100, 900, 30000.0, 210.0)], columns=SEGMENTS
            ),
            tiers=pd.DataFrame([("none", 500, 0, 0, 0.0), ("high", 1500, 1000, 2400, 120000.0)], columns=TIERS),
            cohort_revenue=_cohort_revenue(),
            funnels=_funnels(),
            paths=_paths(),
            anomalies=_anomalies(),
            cross_sell=pd.DataFrame([("p1", "Jacket number 1", 500, 800, 1234.5)], columns=CROSS_SELL),
            reasons=pd.DataFrame([("quarantine.thelook_events", "unparsable_timestamp", 17)], columns=REASONS),
            reconciled=pd.DataFrame(
                [
                    ("gold.lifecycle", "active_users", "new + returning = active", 5000.0, 4990.0, 120, 2, False),
                    ("gold.revenue_daily", "net_revenue", "revenue of a day = its lines", 123456.5, 123456.5, 90, 0, True),
                ],
                columns=RECONCILED,
            ),
            checks=pd.DataFrame(
                [
                    ("gold.revenue_daily", "net_revenue <= gross_revenue", "fail", True, 1095, 0, ""),
                    ("silver.users", "age between 0 and 120", "warn", False, 20000, 4, "implausible age"),
                ],
                columns=CHECKS,
            ),
            tables=pd.DataFrame([("gold.revenue_daily", "Revenue by day", 1095, 3)], columns=TABLES),
            refreshed=[
                {
                    "table": "bronze.thelook_events",
                    "mode": "append",
                    "rows_in": 2000,
                    "rows_out": 2000,
                    "seconds": 3.21,
                    "version": 4,
                },
                {
                    "table": "silver.events",
                    "mode": "merge",
                    "rows_in": 2000,
                    "rows_out": 1980,
                    "quarantined": 17,
                    "rows_seen_before": 3,
                },
            ],
        )
        return replace(data, **parts)  # type: ignore[arg-type]

    return make


@pytest.fixture
def orders_only(made_data: Callable[..., ReportData]) -> ReportData:
    """A source with orders and no events."""
    empty = pd.DataFrame(columns=BREAKDOWN)
    return made_data(
        active_users=pd.DataFrame(columns=ACTIVE_USERS),
        lifecycle=pd.DataFrame(columns=LIFECYCLE),
        retention=pd.DataFrame(columns=RETENTION),
        stickiness=pd.DataFrame(columns=STICKINESS),
        devices=empty,
        countries=empty,
        traffic_sources=empty,
        cross_sell=pd.DataFrame(columns=CROSS_SELL),
        funnels=pd.DataFrame(columns=FUNNELS),
        paths=pd.DataFrame(columns=PATHS),
        anomalies=pd.DataFrame(columns=ANOMALIES),
        reasons=pd.DataFrame(columns=REASONS),
        checks=pd.DataFrame(columns=CHECKS),
        reconciled=pd.DataFrame(columns=RECONCILED),
    )
