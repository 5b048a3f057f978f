"""What the report page shows, as small pandas frames: everything large is aggregated by DuckDB first, without Spark.

A table that does not exist, or is empty, gives an empty frame with the columns named here; the page then says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from libs.published import Published, Snapshot

WINDOW_DAYS = 30
BEST = 15

ACTIVE_USERS = ["activity_date", "dau", "wau", "mau", "stickiness", "is_complete"]
REVENUE = ["order_date", "orders", "buyers", "items", "gross_revenue", "net_revenue", "profit", "aov"]
COUNTS = ["sessions", "purchases"]
BREAKDOWN = ["value", *COUNTS]
PRODUCTS = ["product_id", "name", "category", "views", "units_sold", "units_returned", "net_revenue", "profit", "conversion_rate"]
SEGMENTS = ["rfm_segment", "customers", "repeat_customers", "orders", "net_revenue", "recency_days"]
CROSS_SELL = ["product_id", "name", "users", "views", "estimated_lost_revenue"]
LIFECYCLE = ["period_start", "new_users", "returning_users", "resurrecting_users", "dormant_users"]
RETENTION = ["activity", "cohort_start", "period_number", "cohort_size", "retained_users"]
STICKINESS = ["period_start", "active_days", "users"]
REASONS = ["table", "reason", "rows"]
CHECKS = ["table", "expectation", "severity", "passed", "observed", "unexpected_count", "meaning"]
TABLES = ["table", "comment", "rows", "version"]


@dataclass(frozen=True)
class About:
    """Which run the page is about. `as_of` and `made_at` are UTC; `comments` says what each table holds.

    currency: code of the currency, where the source says it.
    data_docs: address of the expectations' own pages, relative to the page; none leaves the link out.
    """

    run_id: str
    as_of: datetime
    made_at: datetime
    sources: Sequence[str]
    comments: Mapping[str, str] = field(default_factory=dict)
    currency: str | None = None
    data_docs: str | None = None

    @property
    def money(self) -> str:
        """What amounts of money are in."""
        return self.currency or "the source's currency"


@dataclass(frozen=True)
class ReportData:
    """The frames, with the columns of the constants above; `refreshed` has a row a table that the run went through."""

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
    cross_sell: pd.DataFrame
    reasons: pd.DataFrame
    checks: pd.DataFrame
    tables: pd.DataFrame
    refreshed: Sequence[Mapping[str, Any]] = ()


def read_report_data(tables: Published, about: About, refreshed: Sequence[Mapping[str, Any]] = ()) -> ReportData:
    """Read what the page shows of the newest versions of the tables named in `about.comments` and `refreshed`.

    refreshed: for each table of the run `table, mode, rows_in, rows_out, quarantined, duplicates, seconds, version`.
    """
    names = [*about.comments, *(str(row["table"]) for row in refreshed)]
    with Snapshot.of(tables, names) as there:
        return _read(there, about, refreshed)


def _read(there: Snapshot, about: About, refreshed: Sequence[Mapping[str, Any]]) -> ReportData:
    return ReportData(
        about=about,
        active_users=_frame(there, "gold.active_users_daily", ACTIVE_USERS, "order by activity_date"),
        revenue=_frame(there, "gold.revenue_daily", REVENUE, "order by order_date"),
        lifecycle=_frame(there, "gold.lifecycle", LIFECYCLE, "where \"interval\" = 'week' and is_complete order by period_start"),
        retention=_retention(there),
        stickiness=_stickiness(there),
        devices=_breakdown(there, "gold.device_metrics", "device", about.as_of),
        countries=_breakdown(there, "gold.device_metrics", "country", about.as_of),
        traffic_sources=_breakdown(there, "gold.traffic_source_daily", "traffic_source", about.as_of),
        products=_products(there),
        segments=_segments(there),
        cross_sell=_cross_sell(there),
        reasons=_reasons(there),
        checks=_latest_checks(there),
        tables=_table_of_tables(there, about),
        refreshed=refreshed,
    )


def rows_of(frame: pd.DataFrame) -> Iterable[Any]:
    """The frame's rows, each with its columns as attributes."""
    return frame.itertuples(index=False)


def _frame(there: Snapshot, table: str, columns: list[str], rest: str = "", values: Sequence[str] = ()) -> pd.DataFrame:
    """`columns` of a table, by the expressions `values` where those are not the columns themselves."""
    if table not in there:
        return pd.DataFrame(columns=columns)
    selected = ", ".join(values or columns)
    return there.rows(f"select {selected} from {table} {rest}")[columns]


def _retention(there: Snapshot) -> pd.DataFrame:
    """Monthly first-time cohorts, mature periods alone; by events, or by orders where no source brought events."""
    of_months = "where \"interval\" = 'month' and cohort_kind = 'first_time' and kind = 'on' and is_mature"
    rows = _frame(there, "gold.retention", RETENTION, f"{of_months} order by cohort_start, period_number")
    by_events = rows[rows["activity"] == "event"]
    return rows if by_events.empty else by_events


def _stickiness(there: Snapshot) -> pd.DataFrame:
    """The last four weeks that are complete."""
    latest = "where is_complete qualify period_start = max(period_start) over () order by active_days"
    return _frame(there, "gold.stickiness", STICKINESS, latest)


def _breakdown(there: Snapshot, table: str, by: str, as_of: datetime) -> pd.DataFrame:
    """Sessions and purchases of the last complete days; they add up over days, distinct users would not."""
    first, last = (as_of - timedelta(days=WINDOW_DAYS)).date(), (as_of - timedelta(days=1)).date()
    values = [f"coalesce({by}, 'unknown') as value", *(f"sum({name})::bigint as {name}" for name in COUNTS)]
    recent = f"where activity_date between date '{first}' and date '{last}'"
    return _frame(there, table, BREAKDOWN, f"{recent} group by 1 order by sessions desc, value", values)


def _products(there: Snapshot) -> pd.DataFrame:
    values = ["coalesce(name, product_id) as name" if column == "name" else column for column in PRODUCTS]
    best = f"where net_revenue > 0 order by net_revenue desc, product_id limit {BEST}"
    return _frame(there, "gold.product_performance", PRODUCTS, best, values)


def _segments(there: Snapshot) -> pd.DataFrame:
    values = [
        "coalesce(rfm_segment, 'not scored') as rfm_segment",
        "count(*) as customers",
        "count(*) filter (orders >= 2) as repeat_customers",
        "sum(orders)::bigint as orders",
        "sum(net_revenue) as net_revenue",
        "avg(recency_days) as recency_days",
    ]
    rest = "where orders > 0 group by 1 order by net_revenue desc, 1"
    return _frame(there, "gold.customer_metrics", SEGMENTS, rest, values)


def _cross_sell(there: Snapshot) -> pd.DataFrame:
    names = "select product_id, name from gold.product_performance"
    if "gold.product_performance" not in there:
        names = "select null::varchar as product_id, null::varchar as name where false"
    values = [
        "product_id",
        "coalesce(any_value(named.name), product_id) as name",
        "count(*) as users",
        "sum(views)::bigint as views",
        "sum(estimated_lost_revenue) as estimated_lost_revenue",
    ]
    rest = f"""left join ({names}) as named using (product_id)
        group by product_id order by estimated_lost_revenue desc, product_id limit {BEST}"""
    return _frame(there, "gold.cross_sell_candidates", CROSS_SELL, rest, values)


def _reasons(there: Snapshot) -> pd.DataFrame:
    """Rows that wait in quarantine now; a row with two reasons counts under both."""
    names = [name for name in there.versions if name.startswith("quarantine.") and there.row_count(name)]
    if not names:
        return pd.DataFrame(columns=REASONS)
    each = [f"""select '{name}' as "table", unnest(reasons) as reason from {name}""" for name in names]
    counted = f"""select "table", reason, count(*) as rows from ({" union all ".join(each)}) group by all"""
    return there.rows(f"""{counted} order by rows desc, "table", reason""")[REASONS]


def _latest_checks(there: Snapshot) -> pd.DataFrame:
    """The latest results of each table: a run leaves tables that nothing changed unchecked."""
    values = [f'"{column}"' for column in CHECKS]
    latest = """qualify checked_at = max(checked_at) over (partition by "table") order by "table", expectation"""
    return _frame(there, "gold.quality_results", CHECKS, latest, values)


def _table_of_tables(there: Snapshot, about: About) -> pd.DataFrame:
    rows = [(name, about.comments.get(name, ""), there.row_count(name), version) for name, version in there.versions.items()]
    return pd.DataFrame(rows, columns=TABLES)
