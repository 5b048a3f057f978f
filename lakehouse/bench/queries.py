"""The derived tables as DuckDB queries, written for speed on large data where the plain definition is slow.

They read the views of `CUT`, the table `moment` (as_of and last_day), and the tables before them.
"""

from lakehouse.bench.definitions import COUNTS, DEFINITIONS, GRID, LATER, TOTALS

# Without the rows at or after the run's as_of.
CUT = {
    "events": "select * from silver.events where occurred_at < (select as_of from moment)",
    "users": "select * from silver.users where created_at < (select as_of from moment)",
    "order_items": "select * from silver.order_items where sold_at < (select as_of from moment)",
    "products": "select * from silver.products",
    "lines": """
        select *, cast(sold_at as date) as sold_on, sale_price >= 0 and status <> 'Cancelled' as is_sale,
            cast(status not in ('Cancelled', 'Returned') or (sale_price < 0 and status = 'Returned') as int) as kept,
            cast(status <> 'Cancelled' and (sale_price >= 0 or status <> 'Returned') as int) as is_gross
        from order_items""",
}
# Built by this project only, within the whole: chains of events have no plain SQL.
WITHOUT_PEER = ("funnel_daily",)


def _each_interval(select: str) -> str:
    """The select for days, weeks and months; {i} is replaced by the interval."""
    return " union all ".join(select.replace("{i}", interval) for interval in ("day", "week", "month"))


ACTIVE = """select distinct '{i}' as "interval", user_id, cast(date_trunc('{i}', activity_date) as date) as period
    from user_activity_daily where events > 0"""
FACT_PERIODS = """select distinct '{i}' as "interval", activity, user_id, cast(date_trunc('{i}', activity_date) as date) as period from facts"""

_FAST = {
    "user_activity_daily": f"""
        with of_events as (
            select user_id, event_date as activity_date, count(*) as events, {COUNTS} from events
            where user_id is not null group by all),
        began as (
            select user_id, cast(started_at as date) as activity_date, count(*) as sessions from sessions
            where user_id is not null group by all),
        bought as (
            select user_id, sold_on as activity_date, count(distinct order_id) filter (is_sale) as orders,
                count(*) filter (is_sale) as order_lines, {TOTALS}
            from lines where user_id is not null group by all)
        select user_id, activity_date, coalesce(events, 0) as events, coalesce(sessions, 0) as sessions,
            coalesce(page_views, 0) as page_views, coalesce(product_views, 0) as product_views,
            coalesce(cart_additions, 0) as cart_additions, coalesce(purchases, 0) as purchases,
            coalesce(orders, 0) as orders, coalesce(order_lines, 0) as order_lines,
            coalesce(gross_revenue, 0) as gross_revenue, coalesce(net_revenue, 0) as net_revenue,
            coalesce(profit, 0) as profit
        from of_events full join began using (user_id, activity_date) full join bought using (user_id, activity_date)""",
    "lifecycle": f"""
        with active as ({_each_interval(ACTIVE)}),
        around as (
            select *, lag(period) over w as before, lead(period) over w as after, {LATER.format(start="period", n=1)} as next,
                {LATER.format(start="period", n=-1)} as previous
            from active window w as (partition by "interval", user_id order by period)),
        moves as (
            select "interval", period, case when before is null then 'new' when before = previous then 'returning'
                else 'resurrecting' end as kind from around
            union all select "interval", next, 'dormant' from around where after is null or after <> next)
        select "interval", period as period_start, count(*) filter (kind <> 'dormant') as active_users,
            count(*) filter (kind = 'new') as new_users, count(*) filter (kind = 'returning') as returning_users,
            count(*) filter (kind = 'resurrecting') as resurrecting_users, count(*) filter (kind = 'dormant') as dormant_users,
            {LATER.format(start="period", n=1)} <= any_value(as_of) as is_complete
        from moves, moment where period <= last_day group by "interval", period""",
    "stickiness": """
        with weeks as (
            select user_id, cast(date_trunc('week', activity_date) as date) as week, count(*) as days
            from user_activity_daily where events > 0 group by all),
        stretches as (
            select user_id, cast(week - to_weeks(cast(back as int)) as date) as period_start, sum(days)::bigint as active_days
            from weeks, range(0, 4) numbers(back) group by all)
        select period_start, active_days, count(*) as users, period_start + 28 <= any_value(as_of) as is_complete
        from stretches, moment where period_start <= last_day group by period_start, active_days""",
    "retention": f"""
        with facts as (
            select 'event' as activity, user_id, activity_date from user_activity_daily where events > 0
            union all select 'order', user_id, activity_date from user_activity_daily where order_lines > 0 or net_revenue <> 0),
        active as ({_each_interval(FACT_PERIODS)}),
        members as (
            select "interval", activity, 'first_time' as cohort_kind, user_id, min(period) as cohort from active group by all
            union all select "interval", activity, 'recurring', user_id, period from active),
        sizes as (select "interval", activity, cohort_kind, cohort, count(*) as cohort_size from members group by all),
        grid as (
            select *, {LATER.format(start="cohort", n="n")} as period from sizes, range(0, 31) numbers(n)
            where n <= case "interval" when 'day' then 30 when 'week' then 26 else 24 end),
        seen as (
            select "interval", activity, cohort_kind, cohort, active.period, count(*) as users
            from members join active using ("interval", activity, user_id)
            where active.period between cohort and {LATER.format(start="cohort", n=30)} group by all),
        last_seen as (
            select "interval", activity, cohort_kind, cohort, least(last_period, {LATER.format(start="cohort", n=30)}) as period,
                count(*) as users
            from members join (select "interval", activity, user_id, max(period) as last_period from active group by all)
                using ("interval", activity, user_id) group by all),
        later as (
            select g."interval", g.activity, g.cohort_kind, g.cohort, g.n, sum(l.users) filter (l.period >= g.period) as users
            from grid g join last_seen l using ("interval", activity, cohort_kind, cohort) group by all),
        counted as (
            select grid.*, 'on' as kind, coalesce(users, 0) as retained_users
            from grid left join seen using ("interval", activity, cohort_kind, cohort, period)
            union all
            select grid.*, 'on_or_after', coalesce(users, 0)
            from grid left join later using ("interval", activity, cohort_kind, cohort, n))
        select "interval", activity, cohort_kind, cohort as cohort_start, n as period_number, kind, cohort_size, retained_users,
            {LATER.format(start="period", n=1)} <= as_of as is_mature,
            case when is_mature then retained_users / cohort_size end as retention_rate
        from counted, moment where period <= last_day""",
    "cohort_revenue": """
        with months as (
            select user_id, cast(date_trunc('month', activity_date) as date) as month, sum(orders) as orders,
                sum(net_revenue) as net_revenue, sum(profit) as profit
            from user_activity_daily where order_lines > 0 or net_revenue <> 0 or profit <> 0 group by all),
        aged as (
            select min(month) filter (orders > 0) over (partition by user_id) as cohort_start, * from months),
        sums as (
            select cohort_start, month, count(*) filter (orders > 0) as buyers, sum(orders) as orders,
                sum(net_revenue) as net_revenue, sum(profit) as profit
            from aged where month >= cohort_start group by all),
        grid as (
            select cohort_start, buyers as cohort_size,
                unnest(generate_series(0, date_diff('month', cohort_start, last_day))) as period_number
            from sums, moment where month = cohort_start),
        rows_of as (
            select *, cast(cohort_start + to_months(cast(period_number as int)) as date) as month from grid)
        select cohort_start, period_number, cohort_size, coalesce(buyers, 0) as buyers, coalesce(orders, 0) as orders,
            coalesce(net_revenue, 0) as net_revenue, coalesce(profit, 0) as profit,
            cast(sum(coalesce(net_revenue, 0)) over (partition by cohort_start order by period_number) as double) / cohort_size
                as cumulative_revenue_per_user,
            cast(month + interval 1 month as date) <= as_of as is_mature
        from rows_of left join sums using (cohort_start, month), moment""",
    "cross_sell_candidates": """
        with viewed as (
            select user_id, product_id, count(*) filter (event_type = 'view') as product_views,
                count(*) filter (event_type = 'add_to_cart') as cart_additions,
                max(occurred_at) filter (event_type = 'view') as last_viewed_at
            from events where user_id is not null and product_id is not null group by all having product_views > 0),
        marked as (
            select viewed.*, coalesce(traffic_source, 'unknown') as user_group,
                (user_id, product_id) in (select (l.user_id, l.product_id) from lines l
                    where is_sale and l.user_id is not null and l.product_id is not null) as is_bought
            from viewed left join users using (user_id)),
        groups as (select user_group, count(*) filter (is_bought) as buyers, count(*) as viewers from marked group by all)
        select user_id, product_id, product_views, cart_additions, last_viewed_at, user_group, buyers / viewers as group_conversion_rate,
            retail_price, ((retail_price * 1000000)::hugeint * buyers * 2 + viewers) // (viewers * 2) / 1000000
                as estimated_lost_revenue
        from marked join groups using (user_group) left join products using (product_id) where not is_bought""",
    "customer_metrics": f"""
        with active as (
            select user_id, count(*) as events, max(event_date) as last_active_date,
                count(distinct event_date) filter (event_date > last_day - 90) as active_days_90
            from events, moment group by user_id),
        began as (select user_id, count(*) as sessions from sessions group by all),
        bought as (
            select user_id, count(distinct order_id) filter (is_sale) as orders, {TOTALS},
                count(distinct product_id) filter (is_sale) as distinct_products,
                count(distinct category) filter (is_sale) as distinct_categories,
                min(sold_at) filter (is_sale) as first_order_at, max(sold_at) filter (is_sale) as last_order_at,
                cast(floor((epoch_us(any_value(as_of)) - epoch_us(max(sold_at) filter (is_sale))) / 86400e6) as int)
                    as recency_days
            from lines left join (select product_id, category from products) using (product_id) cross join moment
            group by user_id),
        customers as (select users.user_id, bought.* exclude (user_id) from users left join bought using (user_id)),
        buyers as (select user_id, recency_days, orders, net_revenue from customers where orders > 0),
        scores as (
            select user_id, 1 + 5 * (rank() over (order by recency_days desc) - 1) // count(*) over () as r,
                1 + 5 * (rank() over (order by orders) - 1) // count(*) over () as f,
                1 + 5 * (rank() over (order by net_revenue) - 1) // count(*) over () as m
            from buyers)
        select user_id, coalesce(events, 0) as events, coalesce(sessions, 0) as sessions, last_active_date,
            coalesce(active_days_90, 0) as active_days_90, coalesce(orders, 0) as orders,
            coalesce(gross_revenue, 0) as gross_revenue, coalesce(net_revenue, 0) as net_revenue,
            coalesce(distinct_products, 0) as distinct_products, coalesce(distinct_categories, 0) as distinct_categories,
            first_order_at, last_order_at, recency_days, r as recency_score, f as frequency_score, m as monetary_score,
            {GRID}[r][(f + m + 1) // 2] as rfm_segment,
            case when last_active_date is null then 'none' when active_days_90 = 0 then 'dormant'
                when active_days_90 < 3 then 'low' when active_days_90 < 10 then 'medium' else 'high' end as engagement_tier
        from customers left join active using (user_id) left join began using (user_id) left join scores using (user_id)""",
}
# Each is after those that it reads.
QUERIES = {**DEFINITIONS, **_FAST}
