"""Every published metric as a DuckDB query, by the wording of its definition, independently of the views.

The queries read rows of silver before `as_of`, `lines` and the derived tables as `tests.lakehouse.recomputed` makes them, and
`funnel_daily`. Each has the columns that it groups by, then the metrics.
"""

from dataclasses import dataclass

WEEK = "cast(date_trunc('week', {d}) as date)"
MONTH = "cast(date_trunc('month', {d}) as date)"
SOLD = """(select l.*, coalesce(u.country, 'unknown') as country, coalesce(p.category, 'unknown') as category,
        sum(kept * sale_price) over (partition by sold_on, l.order_id) > 0 as is_paying
    from lines l left join users u using (user_id) left join products p using (product_id))"""
SALES = """sum(is_gross * sale_price) as gross_revenue, sum(kept * sale_price) as net_revenue,
    sum(is_gross * sale_price) - sum(kept * sale_price) as returned_revenue,
    sum(case kept when 0 then 0 else sale_price - cost end) as profit, count(*) filter (is_sale) as order_lines,
    coalesce(sum(quantity) filter (is_sale), 0) as units_sold,
    coalesce(sum(abs(quantity)) filter (status = 'Returned'), 0) as units_returned,
    units_returned::double / nullif(units_sold, 0)::double as return_rate,
    count(distinct order_id) filter (is_sale) as orders, count(distinct user_id) filter (is_sale) as buyers,
    net_revenue::double / nullif(buyers, 0) as revenue_per_buyer"""
PAYING = """count(distinct order_id) filter (is_paying) as paying_orders, net_revenue::double / nullif(paying_orders, 0) as aov,
    paying_orders::double / nullif(buyers, 0) as orders_per_buyer"""
EVENTS = """count(distinct user_id) as active_users, count(distinct (user_id, event_date)) filter (user_id is not null) as user_days,
    user_days::double / nullif(active_users, 0) as days_per_user, count(*) as events, count(user_id) as user_events,
    count(user_id)::double / nullif(active_users, 0) as events_per_user,
    count(user_id)::double / nullif(user_days, 0) as events_per_user_day,
    count(*) filter (event_type = 'page_view') as page_views, count(*) filter (event_type = 'view') as product_views,
    count(*) filter (event_type = 'add_to_cart') as cart_additions, count(*) filter (event_type = 'purchase') as purchase_events"""
# The users of each trailing window that ends with a complete day.
TRAILING = """
    with days as (select d::date as day from moment, generate_series('2024-01-01'::timestamp, as_of - interval 1 day, interval 1 day) g(d))
    select day, count(distinct user_id) filter (event_date = day) as dau,
        count(distinct user_id) filter (event_date > day - 7) as wau, count(distinct user_id) as mau, dau / mau as stickiness
    from days join events on event_date between day - 29 and day and user_id is not null group by day"""
ACTORS = "coalesce(user_id, anonymous_id), user_id is not null"


@dataclass(frozen=True)
class Recomputed:
    """The metrics of one view by some dimensions and a grain: what to ask for, and the query that must give the same rows."""

    by: tuple[str, ...]
    query: str
    metrics: tuple[str, ...] = ()


VIEWS: dict[str, list[Recomputed]] = {
    "revenue": [
        Recomputed(
            ("country", "week"),
            f"select country, {WEEK.format(d='sold_on')} as week, {SALES}, {PAYING} from {SOLD} group by 1, 2",
        ),
        Recomputed(
            ("category", "month"),
            f"select category, {MONTH.format(d='sold_on')} as month, {SALES} from {SOLD} group by 1, 2",
            ("net_revenue", "returned_revenue", "orders", "buyers", "return_rate"),
        ),
    ],
    "activity": [
        Recomputed(
            ("device", "week"),
            f"select coalesce(device, 'unknown') as device, {WEEK.format(d='event_date')} as week, {EVENTS} from events group by 1, 2",
        )
    ],
    "audience": [Recomputed(("day",), TRAILING)],
    "sessions": [
        Recomputed(
            ("device", "month"),
            f"""with all_of as (select device, {MONTH.format(d="started_at")} as month, count(*) as sessions,
                count(*) filter (product_views > 0) as viewing_sessions, count(*) filter (cart_additions > 0) as cart_sessions,
                count(*) filter (purchases > 0) as converted_sessions, count(*) filter (events = 1) as bounced_sessions,
                sum(epoch(ended_at)::bigint - epoch(started_at)::bigint) as rounded, sum(duration_seconds) as session_seconds
                from sessions group by 1, 2)
            select *, converted_sessions::double / sessions as session_conversion, cart_sessions::double / sessions as cart_rate,
                bounced_sessions::double / sessions as bounce_rate, session_seconds::double / sessions as average_session_seconds
            from all_of""",
        )
    ],
    "funnels": [
        Recomputed(
            ("funnel", "breakdown", "step", "week"),
            f"""select funnel, breakdown, step_name as step, {WEEK.format(d="entry_date")} as week, sum(entrants) as funnel_entrants,
                sum(converted) as funnel_converted, sum(converted)::double / sum(entrants) as funnel_conversion
            from funnel_daily where is_mature group by 1, 2, 3, 4""",
        )
    ],
    "retention": [
        Recomputed(
            ("cohort_interval", "activity", "cohort_kind", "kind", "period_number", "month"),
            f"""select "interval" as cohort_interval, activity, cohort_kind, kind, period_number,
                {MONTH.format(d="cohort_start")} as month, sum(cohort_size) as cohort_users, sum(retained_users) as retained_users,
                sum(retained_users)::double / sum(cohort_size) as retention_rate
            from retention where retention_rate is not null group by 1, 2, 3, 4, 5, 6""",
        )
    ],
    "lifecycle": [
        Recomputed(
            ("lifecycle_interval", "day"),
            """select "interval" as lifecycle_interval, period_start as day, new_users, returning_users, resurrecting_users,
                dormant_users, active_users - returning_users as gained_users,
                (active_users - returning_users)::double / nullif(dormant_users, 0) as quick_ratio
            from lifecycle where is_complete""",
        )
    ],
    "customers": [
        Recomputed(
            ("rfm_segment", "engagement_tier"),
            """select coalesce(rfm_segment, 'no orders') as rfm_segment, engagement_tier,
                count(*) as customers, sum(orders) as lifetime_orders, sum(net_revenue) as lifetime_revenue,
                sum(net_revenue)::double / count(*) as revenue_per_customer from customer_metrics group by 1, 2""",
        )
    ],
    "products": [
        Recomputed(
            ("category", "week"),
            f"""select coalesce(p.category, 'unknown') as category, {WEEK.format(d="event_date")} as week,
                count(distinct ({ACTORS})) filter (event_type = 'view') as viewers,
                count(distinct ({ACTORS})) filter (event_type = 'add_to_cart') as carters, carters::double / nullif(viewers, 0)
                    as viewer_cart_rate
            from events left join products p using (product_id)
            where product_id is not null and coalesce(user_id, anonymous_id) is not null
                and event_type in ('view', 'add_to_cart') group by 1, 2""",
        )
    ],
}
