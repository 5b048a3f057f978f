"""Reads the data of the report page: DuckDB aggregates it first, without Spark."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from lakehouse.report.data import (
    ACTIVE_USERS,
    ANOMALIES,
    BEST,
    BREAKDOWN,
    CHECKS,
    COHORT_REVENUE,
    COUNTS,
    CROSS_SELL,
    FUNNELS,
    JUDGED_DAYS,
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
    WINDOW_DAYS,
    About,
    ReportData,
)
from lakehouse.report.models_data import TABLES as MODELS
from lakehouse.report.models_data import read_models
from libs.store.reader import Reader
from libs.store.snapshot import Snapshot


def read_report_data(tables: Reader, about: About, refreshed: Sequence[Mapping[str, Any]] = ()) -> ReportData:
    """Read what the page shows of the newest versions of the tables named in `about.comments` and `refreshed`.

    refreshed: for each table of the run `table, mode, rows_in, rows_out, quarantined, rows_seen_before, seconds, version`.
    """
    names = [*about.comments, *(str(row["table"]) for row in refreshed), *MODELS]
    with Snapshot.of(tables, names) as snapshot:
        return _read(snapshot, about, refreshed)


def _read(snapshot: Snapshot, about: About, refreshed: Sequence[Mapping[str, Any]]) -> ReportData:
    return ReportData(
        about=about,
        active_users=_frame(snapshot, "gold.active_users_daily", ACTIVE_USERS, "order by activity_date"),
        revenue=_frame(snapshot, "gold.revenue_daily", REVENUE, "order by order_date"),
        lifecycle=_frame(
            snapshot, "gold.lifecycle", LIFECYCLE, "where \"interval\" = 'week' and is_complete order by period_start"
        ),
        retention=_retention(snapshot),
        stickiness=_stickiness(snapshot),
        devices=_breakdown(snapshot, "gold.device_metrics", "device", about.as_of),
        countries=_breakdown(snapshot, "gold.device_metrics", "country", about.as_of),
        traffic_sources=_breakdown(snapshot, "gold.traffic_source_daily", "traffic_source", about.as_of),
        products=_products(snapshot),
        segments=_segments(snapshot),
        tiers=_tiers(snapshot),
        cohort_revenue=_cohort_revenue(snapshot),
        funnels=_funnels(snapshot),
        paths=_paths(snapshot, about.as_of),
        anomalies=_anomalies(snapshot, about.as_of),
        cross_sell=_cross_sell(snapshot),
        reasons=_reasons(snapshot),
        checks=_latest_checks(snapshot),
        reconciled=_latest_reconciled(snapshot),
        tables=_table_of_tables(snapshot, about),
        refreshed=refreshed,
        models=read_models(snapshot),
    )


def _frame(snapshot: Snapshot, table: str, columns: list[str], rest: str = "", values: Sequence[str] = ()) -> pd.DataFrame:
    """`columns` of a table, by the expressions `values` where they differ from the columns."""
    if table not in snapshot:
        return pd.DataFrame(columns=columns)
    selected = ", ".join(values or columns)
    return snapshot.rows(f"select {selected} from {table} {rest}")[columns]


def _retention(snapshot: Snapshot) -> pd.DataFrame:
    """Monthly first-time cohorts, only mature periods; by events, or by orders where no source has events."""
    of_months = "where \"interval\" = 'month' and cohort_kind = 'first_time' and kind = 'on' and is_mature"
    rows = _frame(snapshot, "gold.retention", RETENTION, f"{of_months} order by cohort_start, period_number")
    by_events = rows[rows["activity"] == "event"]
    return rows if by_events.empty else by_events


def _stickiness(snapshot: Snapshot) -> pd.DataFrame:
    """The last complete four weeks."""
    latest = "where is_complete qualify period_start = max(period_start) over () order by active_days"
    return _frame(snapshot, "gold.stickiness", STICKINESS, latest)


def _breakdown(snapshot: Snapshot, table: str, by: str, as_of: datetime) -> pd.DataFrame:
    """Sessions and purchases of the last complete days; they add up over days, distinct users would not."""
    values = [f"coalesce({by}, 'unknown') as value", *(f"sum({name})::bigint as {name}" for name in COUNTS)]
    return _frame(snapshot, table, BREAKDOWN, f"where {_recent(as_of)} group by 1 order by sessions desc, value", values)


def _recent(as_of: datetime, days: int = WINDOW_DAYS) -> str:
    """SQL: whether activity_date is one of the last complete days."""
    last = as_of.date()
    return f"activity_date >= date '{last - timedelta(days=days)}' and activity_date < date '{last}'"


def _funnels(snapshot: Snapshot) -> pd.DataFrame:
    """Each funnel over the last days of entry that are mature.

    The median is that of the days' medians, weighted by the users who converted.
    """
    if "gold.funnel_daily" not in snapshot:
        return pd.DataFrame(columns=FUNNELS)
    days = "select *, max(entry_date) over (partition by funnel) as last_day from gold.funnel_daily where is_mature"
    weighed = f"""select *, sum(converted) over (same order by median_seconds nulls last, entry_date) as up_to,
            sum(converted) over same as of_all
        from ({days}) where entry_date > last_day - {WINDOW_DAYS}
        window same as (partition by funnel, breakdown, breakdown_value, step_number)"""
    return snapshot.rows(f"""
        select funnel, breakdown, breakdown_value, step_number, any_value(step_name) as step_name,
            sum(entrants)::bigint as entrants, sum(converted)::bigint as converted,
            min(median_seconds) filter (2 * up_to >= of_all) as median_seconds, min(entry_date) as first_day, last_day
        from ({weighed}) group by all order by funnel, breakdown, breakdown_value, step_number""")[FUNNELS]


def _paths(snapshot: Snapshot, as_of: datetime) -> pd.DataFrame:
    """The edges of sessions that began on the last complete days."""
    values = ["step_number", "from_step", "to_step", "sum(sessions)::bigint as sessions"]
    rest = f"where {_recent(as_of)} group by all order by step_number, sessions desc, from_step, to_step"
    return _frame(snapshot, "gold.paths", PATHS, rest, values)


def _anomalies(snapshot: Snapshot, as_of: datetime) -> pd.DataFrame:
    return _frame(snapshot, "gold.anomalies", ANOMALIES, f"where {_recent(as_of, JUDGED_DAYS)} order by metric, activity_date")


def _cohort_revenue(snapshot: Snapshot) -> pd.DataFrame:
    """Only complete months."""
    return _frame(snapshot, "gold.cohort_revenue", COHORT_REVENUE, "where is_mature order by cohort_start, period_number")


def _products(snapshot: Snapshot) -> pd.DataFrame:
    values = ["coalesce(name, product_id) as name" if column == "name" else column for column in PRODUCTS]
    best = f"where net_revenue > 0 order by net_revenue desc, product_id limit {BEST}"
    return _frame(snapshot, "gold.product_performance", PRODUCTS, best, values)


def _segments(snapshot: Snapshot) -> pd.DataFrame:
    values = [
        "coalesce(rfm_segment, 'not scored') as rfm_segment",
        "count(*) as customers",
        "count(*) filter (orders >= 2) as repeat_customers",
        "sum(orders)::bigint as orders",
        "sum(net_revenue) as net_revenue",
        "avg(recency_days) as recency_days",
    ]
    rest = "where orders > 0 group by 1 order by net_revenue desc, 1"
    return _frame(snapshot, "gold.customer_metrics", SEGMENTS, rest, values)


def _tiers(snapshot: Snapshot) -> pd.DataFrame:
    values = [
        "engagement_tier",
        "count(*) as users",
        "count(*) filter (orders > 0) as customers",
        "sum(orders)::bigint as orders",
        "sum(net_revenue) as net_revenue",
    ]
    return _frame(snapshot, "gold.customer_metrics", TIERS, "group by 1 order by 1", values)


def _cross_sell(snapshot: Snapshot) -> pd.DataFrame:
    names = "select product_id, name from gold.product_performance"
    if "gold.product_performance" not in snapshot:
        names = "select null::varchar as product_id, null::varchar as name where false"
    values = [
        "product_id",
        "coalesce(any_value(named.name), product_id) as name",
        "count(*) as users",
        "sum(product_views)::bigint as product_views",
        "sum(estimated_lost_revenue) as estimated_lost_revenue",
    ]
    rest = f"""left join ({names}) as named using (product_id)
        group by product_id order by estimated_lost_revenue desc, product_id limit {BEST}"""
    return _frame(snapshot, "gold.cross_sell_candidates", CROSS_SELL, rest, values)


def _reasons(snapshot: Snapshot) -> pd.DataFrame:
    """Rows in quarantine; a row with two reasons counts under both."""
    names = [name for name in snapshot.versions if name.startswith("quarantine.") and snapshot.row_count(name)]
    if not names:
        return pd.DataFrame(columns=REASONS)
    each = [f"""select '{name}' as "table", unnest(reasons) as reason from {name}""" for name in names]
    counted = f"""select "table", reason, count(*) as rows from ({" union all ".join(each)}) group by all"""
    return snapshot.rows(f"""{counted} order by rows desc, "table", reason""")[REASONS]


def _latest_checks(snapshot: Snapshot) -> pd.DataFrame:
    """The latest results of each table: a run does not check unchanged tables."""
    values = [f'"{column}"' for column in CHECKS]
    latest = """qualify checked_at = max(checked_at) over (partition by "table") order by "table", expectation"""
    return _frame(snapshot, "gold.quality_results", CHECKS, latest, values)


def _latest_reconciled(snapshot: Snapshot) -> pd.DataFrame:
    """The latest results of each table, failed ones first."""
    values = [f'"{column}"' for column in RECONCILED]
    latest = """qualify checked_at = max(checked_at) over (partition by "table") order by passed, "table", "check\""""
    return _frame(snapshot, "gold.reconciliation", RECONCILED, latest, values)


def _table_of_tables(snapshot: Snapshot, about: About) -> pd.DataFrame:
    rows = [
        (name, about.comments.get(name, ""), snapshot.row_count(name), version) for name, version in snapshot.versions.items()
    ]
    return pd.DataFrame(rows, columns=TABLES)
