"""The data of the report page, as small pandas frames.

A table that does not exist, or is empty, gives an empty frame with the columns named here; the page then shows a note.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from lakehouse.funnels.declaration import Funnels
from lakehouse.report.models_data import ModelsData

WINDOW_DAYS = 30
JUDGED_DAYS = 91
BEST = 15

ACTIVE_USERS = ["activity_date", "dau", "wau", "mau", "stickiness", "is_complete"]
REVENUE = ["order_date", "orders", "buyers", "order_lines", "gross_revenue", "net_revenue", "profit", "paying_orders"]
COUNTS = ["sessions", "purchases"]
BREAKDOWN = ["value", *COUNTS]
PRODUCTS = [
    "product_id",
    "name",
    "category",
    "product_views",
    "units_sold",
    "units_returned",
    "net_revenue",
    "profit",
    "conversion_rate",
]
SEGMENTS = ["rfm_segment", "customers", "repeat_customers", "orders", "net_revenue", "recency_days"]
CROSS_SELL = ["product_id", "name", "users", "product_views", "estimated_lost_revenue"]
LIFECYCLE = ["period_start", "new_users", "returning_users", "resurrecting_users", "dormant_users"]
RETENTION = ["activity", "cohort_start", "period_number", "cohort_size", "retained_users"]
STICKINESS = ["period_start", "active_days", "users"]
COHORT_REVENUE = ["cohort_start", "period_number", "cohort_size", "cumulative_revenue_per_user"]
TIERS = ["engagement_tier", "users", "customers", "orders", "net_revenue"]
FUNNELS = ["funnel", "breakdown", "breakdown_value", "step_number", "step_name", "entrants", "converted", "median_seconds"]
FUNNELS += ["first_day", "last_day"]
PATHS = ["step_number", "from_step", "to_step", "sessions"]
ANOMALIES = ["metric", "activity_date", "value", "expected", "lower", "upper", "robust_z_score", "is_anomaly"]
REASONS = ["table", "reason", "rows"]
CHECKS = ["table", "expectation", "severity", "passed", "rows_checked", "unexpected_count", "meaning"]
RECONCILED = ["table", "check", "meaning", "published_value", "recomputed_value", "figures", "different_figures", "passed"]
TABLES = ["table", "comment", "rows", "version"]


@dataclass(frozen=True)
class About:
    """The run that the page is about. `as_of` and `made_at` are UTC; `comments` has each table's description.

    currency: code of the currency, where the source has one.
    funnels: the declarations that `gold.funnel_daily` is computed from.
    data_docs, drift_page: addresses of the Data Docs and of the page of drift, relative to the page; without one there is no link.
    """

    run_id: str
    as_of: datetime
    made_at: datetime
    sources: Sequence[str]
    comments: Mapping[str, str] = field(default_factory=dict)
    currency: str | None = None
    data_docs: str | None = None
    drift_page: str | None = None
    funnels: Funnels = field(default_factory=Funnels)

    @property
    def money(self) -> str:
        """The unit of amounts."""
        return self.currency or "the source's currency"


@dataclass(frozen=True)
class ReportData:
    """The frames, with the columns of the constants above; `refreshed` has one row per table of the run."""

    about: About
    active_users: pd.DataFrame
    revenue: pd.DataFrame
    lifecycle: pd.DataFrame
    retention: pd.DataFrame
    stickiness: pd.DataFrame
    devices: pd.DataFrame
    countries: pd.DataFrame
    traffic_sources: pd.DataFrame
    products: pd.DataFrame
    segments: pd.DataFrame
    tiers: pd.DataFrame
    cohort_revenue: pd.DataFrame
    funnels: pd.DataFrame
    paths: pd.DataFrame
    anomalies: pd.DataFrame
    cross_sell: pd.DataFrame
    reasons: pd.DataFrame
    checks: pd.DataFrame
    reconciled: pd.DataFrame
    tables: pd.DataFrame
    refreshed: Sequence[Mapping[str, Any]] = ()
    models: ModelsData = field(default_factory=ModelsData)


def rows_of(frame: pd.DataFrame) -> Iterable[Any]:
    """The frame's rows, each with its columns as attributes."""
    return frame.itertuples(index=False)
