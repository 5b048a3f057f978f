"""Every derived table as a DuckDB query, written from its definition, independently of the transforms.

The tests compare the transforms with them; the benchmark runs them, or faster queries for the same rows (`queries`).

The queries read the tables `events`, `users`, `products`, `order_items` (rows of silver before `as_of`), `lines` (LINES) and
`moment` (as_of and last_day), and the tables of DEFINITIONS before them.
"""

COUNTS = """count(*) filter (event_type = 'page_view') as page_views, count(*) filter (event_type = 'view') as product_views,
    count(*) filter (event_type = 'add_to_cart') as cart_additions, count(*) filter (event_type = 'purchase') as purchases,
    count(*) filter (event_type = 'cancel') as cancels"""
KNOWN = ", ".join(f"coalesce({name}, 'unknown') as {name}" for name in ("device", "country", "traffic_source"))
FIRST = """first_at, entry_sequence_number nulls first, source, anonymous_id nulls first, device, country, traffic_source,
    entry_page nulls first"""
LAST = "last_at desc, exit_sequence_number desc nulls last, exit_page desc nulls last"
LINES = """select *, cast(sold_at as date) as sold_on, sale_price >= 0 and status <> 'Cancelled' as is_sale,
        case when status = 'Cancelled' or sale_price >= 0 and status = 'Returned' then 0 else 1 end as kept,
        case when status = 'Cancelled' or sale_price < 0 and status = 'Returned' then 0 else 1 end as is_gross
    from order_items"""
TOTALS = """coalesce(sum(quantity) filter (is_sale), 0) as units_sold,
    coalesce(sum(abs(quantity)) filter (status = 'Returned'), 0) as units_returned,
    sum(is_gross * sale_price) as gross_revenue, sum(kept * sale_price) as net_revenue,
    sum(case kept when 0 then 0 else sale_price - cost end) as profit"""
SEGMENTS = [
    ["Hibernating", "Hibernating", "At risk", "At risk", "Can''t lose them"],
    ["Hibernating", "Hibernating", "At risk", "At risk", "Can''t lose them"],
    ["About to sleep", "About to sleep", "Need attention", "Loyal customers", "Loyal customers"],
    ["Promising", "Potential loyalists", "Potential loyalists", "Loyal customers", "Loyal customers"],
    ["New customers", "Potential loyalists", "Potential loyalists", "Champions", "Champions"],
]
GRID = "[" + ", ".join("[" + ", ".join(f"'{name}'" for name in row) + "]" for row in SEGMENTS) + "]"


def _breakdown(attributes: str) -> str:
    """Daily activity by one or more columns."""
    known = ", ".join(f"coalesce({name.strip()}, 'unknown') as {name}" for name in attributes.split(","))
    return f"""
    with last_of_day as (
        select distinct on (user_id, activity_date) user_id, activity_date, {attributes} from session_activity_daily
        order by user_id, activity_date, last_at desc, session_id desc nulls last, {attributes}),
    revenue as (
        select sold_on as activity_date, {known}, sum(kept * sale_price) as net_revenue
        from lines left join last_of_day l on l.user_id = lines.user_id and l.activity_date = sold_on group by all),
    active as (
        select event_date as activity_date, {known}, count(*) as events, count(distinct user_id) as users, {COUNTS}
        from events group by all),
    began as (select cast(started_at as date) as activity_date, {attributes}, count(*) as sessions from sessions group by all)
    select activity_date, {attributes}, coalesce(events, 0) as events, coalesce(users, 0) as users,
        coalesce(sessions, 0) as sessions, coalesce(product_views, 0) as product_views,
        coalesce(cart_additions, 0) as cart_additions, coalesce(purchases, 0) as purchases,
        coalesce(net_revenue, 0) as net_revenue
    from active full join began using (activity_date, {attributes}) full join revenue using (activity_date, {attributes})"""


def _union(select: str) -> str:
    """The same by day, week and month; {i} is replaced by the interval."""
    return " union all ".join(select.replace("{i}", interval) for interval in ("day", "week", "month"))


# The start of the period that is {n} periods after {start}.
LATER = """cast(case "interval" when 'day' then {start} + to_days(cast({n} as int))
    when 'week' then {start} + to_weeks(cast({n} as int)) else {start} + to_months(cast({n} as int)) end as date)"""


# Each is after those that it reads.
DEFINITIONS = {
    "session_activity_daily": f"""
        select source, session_id, event_date as activity_date, user_id, anonymous_id, {KNOWN}, count(*) as events, {COUNTS},
            min(occurred_at) as first_at, max(occurred_at) as last_at,
            first(sequence_number order by occurred_at, sequence_number nulls first, event_id) as entry_sequence_number,
            first(page order by occurred_at, sequence_number nulls first, event_id) as entry_page,
            last(sequence_number order by occurred_at, sequence_number nulls first, event_id) as exit_sequence_number,
            last(page order by occurred_at, sequence_number nulls first, event_id) as exit_page
        from events group by source, session_id, event_date, user_id, anonymous_id,
            coalesce(device, 'unknown'), coalesce(country, 'unknown'), coalesce(traffic_source, 'unknown')""",
    "sessions": f"""
        with of_events as (
            select session_id, min(occurred_at) as started_at, max(occurred_at) as ended_at,
                cast(epoch(date_trunc('second', max(occurred_at))) - epoch(date_trunc('second', min(occurred_at))) as bigint)
                    as duration_seconds,
                count(*) as events, {COUNTS}, bool_or(event_type = 'purchase') as has_purchase
            from events where session_id is not null group by all),
        ends as (
            select session_id, first(source order by {FIRST}) as source, first(anonymous_id order by {FIRST}) as anonymous_id,
                first(user_id order by first_at, entry_sequence_number nulls first, user_id) filter (user_id is not null)
                    as user_id,
                first(device order by {FIRST}) as device, first(country order by {FIRST}) as country,
                first(traffic_source order by {FIRST}) as traffic_source,
                first(entry_page order by {FIRST}) as entry_page, first(exit_page order by {LAST}) as exit_page
            from session_activity_daily group by all)
        select * from of_events join ends using (session_id)""",
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
            coalesce(gross_revenue, 0) as gross_revenue, coalesce(net_revenue, 0) as net_revenue, coalesce(profit, 0) as profit
        from of_events full join began using (user_id, activity_date) full join bought using (user_id, activity_date)""",
    "active_users_daily": """
        with active as (select distinct user_id, event_date from events where user_id is not null),
        days as (
            select cast(unnest(generate_series(first_day, last_day, interval 1 day)) as date) as activity_date
            from (select min(event_date) as first_day from active), moment)
        select activity_date, count(distinct user_id) filter (event_date = activity_date) as dau,
            count(distinct user_id) filter (event_date >= activity_date - 6) as wau, count(distinct user_id) as mau,
            dau / mau as stickiness, activity_date + interval 1 day <= (select as_of from moment) as is_complete
        from days join active on event_date between activity_date - 29 and activity_date group by activity_date""",
    "lifecycle": f"""
        with active as ({
        _union('''select distinct '{i}' as "interval", user_id, cast(date_trunc('{i}', event_date) as date) as period
            from events where user_id is not null''')
    }),
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
        with active as (select distinct user_id, event_date from events where user_id is not null),
        mondays as (
            select cast(unnest(generate_series(date_trunc('week', first_day) - interval 21 day, last_day, interval 7 day)) as date)
                as period_start
            from (select min(event_date) as first_day from active), moment),
        days as (
            select period_start, user_id, count(*) as active_days
            from mondays join active on event_date between period_start and period_start + 27 group by all)
        select period_start, active_days, count(*) as users, period_start + 28 <= any_value(as_of) as is_complete
        from days, moment group by period_start, active_days""",
    "retention": f"""
        with facts as (
            select 'event' as activity, user_id, event_date as d from events where user_id is not null
            union select 'order', user_id, sold_on from lines
            where user_id is not null and (is_sale or kept * sale_price <> 0)),
        active as ({
        _union('''select distinct '{i}' as "interval", activity, user_id, cast(date_trunc('{i}', d) as date) as period
            from facts''')
    }),
        members as (
            select "interval", activity, 'first_time' as cohort_kind, user_id, min(period) as cohort from active group by all
            union all select "interval", activity, 'recurring', user_id, period from active),
        sizes as (select "interval", activity, cohort_kind, cohort, count(*) as cohort_size from members group by all),
        grid as (
            select *, {LATER.format(start="cohort", n="n")} as period from sizes, range(0, 31) numbers(n)
            where n <= case "interval" when 'day' then 30 when 'week' then 26 else 24 end),
        seen as (
            select "interval", activity, cohort_kind, cohort, active.period, count(*) as users
            from members join active using ("interval", activity, user_id) where active.period >= cohort group by all),
        last_seen as (
            select "interval", activity, cohort_kind, cohort, last_period, count(*) as users from members
            join (select "interval", activity, user_id, max(period) as last_period from active group by all)
                using ("interval", activity, user_id) group by all),
        counted as (
            select grid.*, 'on' as kind, coalesce(users, 0) as retained_users from grid
            left join seen using ("interval", activity, cohort_kind, cohort, period)
            union all
            select grid.*, 'on_or_after', coalesce((select sum(users) from last_seen l where l."interval" = grid."interval"
                and l.activity = grid.activity and l.cohort_kind = grid.cohort_kind and l.cohort = grid.cohort
                and l.last_period >= grid.period), 0) from grid)
        select "interval", activity, cohort_kind, cohort as cohort_start, n as period_number, kind, cohort_size, retained_users,
            {LATER.format(start="period", n=1)} <= as_of as is_mature,
            case when is_mature then retained_users / cohort_size end as retention_rate
        from counted, moment where period <= last_day""",
    "cohort_revenue": """
        with cohorts as (
            select user_id, cast(date_trunc('month', min(sold_on) filter (is_sale)) as date) as cohort_start from lines
            where user_id is not null group by all having cohort_start is not null),
        sizes as (select cohort_start, count(*) as cohort_size from cohorts group by all),
        grid as (
            select *, cast(cohort_start + to_months(cast(period_number as int)) as date) as month
            from sizes, range(0, 100) numbers(period_number)),
        aged as (
            select cohort_start, cast(date_trunc('month', sold_on) as date) as month,
                count(distinct user_id) filter (is_sale) as buyers, count(distinct (sold_on, order_id)) filter (is_sale) as orders,
                sum(kept * sale_price) as net_revenue, sum(case kept when 0 then 0 else sale_price - cost end) as profit
            from lines join cohorts using (user_id) group by all)
        select cohort_start, period_number, cohort_size, coalesce(buyers, 0) as buyers, coalesce(orders, 0) as orders,
            coalesce(net_revenue, 0) as net_revenue, coalesce(profit, 0) as profit,
            cast(sum(coalesce(net_revenue, 0)) over (partition by cohort_start order by period_number) as double) / cohort_size
                as cumulative_revenue_per_user,
            cast(month + interval 1 month as date) <= as_of as is_mature
        from grid left join aged using (cohort_start, month), moment where month <= last_day""",
    "revenue_daily": f"""
        with paying as (
            select sold_on, count(*) as paying from (
                select sold_on, order_id from lines group by all having sum(kept * sale_price) > 0) group by all)
        select sold_on as order_date, count(distinct order_id) filter (is_sale) as orders,
            count(distinct user_id) filter (is_sale) as buyers, count(*) filter (is_sale) as order_lines, {TOTALS},
            coalesce(any_value(paying), 0) as paying_orders, cast(sum(kept * sale_price) as double) / any_value(paying) as aov
        from lines left join paying using (sold_on) group by all""",
    "device_metrics": _breakdown("device, country"),
    "traffic_source_daily": _breakdown("traffic_source"),
    "paths": """
        with events_before as (
            select session_id, event_type, occurred_at, sequence_number, event_id, started_at, ended_at,
                lag(event_type) over (partition by session_id order by occurred_at, sequence_number nulls first, event_id) as before
            from events join sessions using (session_id) where occurred_at <= started_at + interval 1 day),
        steps as (
            select session_id, event_type as step, cast(started_at as date) as activity_date,
                ended_at > started_at + interval 1 day as is_long,
                row_number() over (partition by session_id order by occurred_at, sequence_number nulls first, event_id) as n
            from events_before where before is distinct from event_type),
        edges as (
            select activity_date, n, step, is_long, coalesce(lag(step) over w, '(start)') as from_step, lead(n) over w as later
            from steps window w as (partition by session_id order by n))
        select activity_date, cast(n as int) as step_number, from_step, step as to_step, count(*) as sessions
        from edges where n <= 8 group by all
        union all
        select activity_date, cast(n + 1 as int), step, case when later is not null or is_long then '(more)' else '(exit)' end, count(*)
        from edges where n = 8 or n < 8 and later is null group by all""",
    "anomalies": """
        with parts as (
            select activity_date as day, dau, 0 as sessions, 0 as purchases, 0 as orders, 0 as net_revenue, null as aov
            from active_users_daily
            union all select activity_date, 0, sessions, purchases, 0, 0, null from traffic_source_daily
            union all select order_date, 0, 0, 0, orders, net_revenue, aov from revenue_daily),
        days as (
            select day, sum(dau)::double as dau, sum(sessions)::double as sessions, sum(purchases)::double as purchases,
                sum(orders)::double as orders, sum(net_revenue)::double as net_revenue, max(aov) as aov
            from parts, moment where day + interval 1 day <= as_of group by day
            having sum(dau) <> 0 or sum(sessions) <> 0 or sum(purchases) <> 0 or sum(orders) <> 0 or sum(net_revenue) <> 0),
        metrics as (
            select 'dau' as metric, day, dau as value, dau as units, 1 as least_off from days
            union all select 'sessions', day, sessions, sessions, 1 from days
            union all select 'conversion_rate', day, purchases / sessions, purchases, 0 from days where sessions > 0
            union all select 'orders', day, orders, orders, 1 from days
            union all select 'net_revenue', day, net_revenue, orders, 0 from days
            union all select 'aov', day, aov, orders, 0 from days where aov is not null),
        gaps as (
            select metric, day, 0 as value, least_off, true as is_gap
            from (select cast(unnest(generate_series(first_day, cast(as_of as date) - 1, interval 1 day)) as date) as day
                from (select min(day) as first_day from days), moment)
            cross join (select distinct metric, least_off from metrics where metric not in ('conversion_rate', 'aov'))
            where day not in (select day from days)),
        judged as (select metric, day, value, least_off, false as is_gap from metrics union all select * from gaps),
        looked_back as (
            select j.metric, j.day, j.value, j.least_off, j.is_gap,
                count(*) filter ((j.day - b.day) % 7 = 0) as weekdays_compared,
                median(b.value) filter ((j.day - b.day) % 7 = 0) as of_weekday,
                median(b.value) filter (j.day - b.day <= 28) as recent, median(b.value) as whole, median(b.units) as units,
                coalesce(bool_or(b.value <> 0), false) as was_active
            from judged j left join metrics b on b.metric = j.metric and j.day - b.day between 1 and 56 group by all),
        forecast as (
            select *, case when weekdays_compared >= 4 then of_weekday
                * least(greatest(coalesce(recent / nullif(whole, 0), 1), 0.5::double), 2::double) end as expected
            from looked_back),
        spread as (
            select f.metric, f.day, case when count(*) >= 14 then 1.4826::double * median(abs(b.value - b.expected)) end as spread
            from forecast f join forecast b on b.metric = f.metric and f.day - b.day between 1 and 56
                and not b.is_gap and b.expected is not null
            group by all),
        scaled as (
            select *, case when units >= 10 and expected is not null and spread is not null
                then nullif(greatest(spread, least_off, 0.01::double * abs(expected)), 0) end as deviation
            from forecast left join spread using (metric, day))
        select metric, day as activity_date, value, expected,
            case when deviation is null then null when metric in ('net_revenue', 'aov') then expected - 3.5::double * deviation
                else greatest(expected - 3.5::double * deviation, 0::double) end as lower,
            expected + 3.5::double * deviation as upper, (value - expected) / deviation as robust_z_score,
            coalesce(abs(value - expected) > 3.5 * deviation, false) as is_anomaly, cast(weekdays_compared as int) as weekdays_compared
        from scaled where value <> 0 or was_active""",
    "product_interest_daily": """
        select event_date as activity_date, product_id, coalesce(user_id, anonymous_id) as actor_id,
            user_id is not null as is_identified, count(*) filter (event_type = 'view') as product_views,
            count(*) filter (event_type = 'add_to_cart') as cart_additions,
            min(occurred_at) filter (event_type = 'view') as first_viewed_at,
            max(occurred_at) filter (event_type = 'view') as last_viewed_at
        from events where product_id is not null and event_type in ('view', 'add_to_cart') group by all""",
    "product_performance": f"""
        with seen as (
            select product_id, {COUNTS},
                count(distinct user_id) filter (event_type = 'view')
                + count(distinct anonymous_id) filter (event_type = 'view' and user_id is null) as viewers
            from events where product_id is not null group by all having product_views + cart_additions > 0),
        sold as (
            select product_id, count(distinct user_id) filter (is_sale) as buyers, count(*) as lines, {TOTALS}
            from lines where product_id is not null group by all)
        select product_id, name, category, brand, department, coalesce(product_views, 0) as product_views,
            coalesce(viewers, 0) as viewers, coalesce(cart_additions, 0) as cart_additions, coalesce(buyers, 0) as buyers,
            coalesce(units_sold, 0) as units_sold, coalesce(units_returned, 0) as units_returned,
            coalesce(gross_revenue, 0) as gross_revenue, coalesce(net_revenue, 0) as net_revenue,
            case when lines is null then 0 else profit end as profit,
            coalesce(buyers, 0) / nullif(viewers, 0) as conversion_rate, units_returned::double / nullif(units_sold, 0)::double as return_rate
        from products full join seen using (product_id) full join sold using (product_id)""",
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
            retail_price, cast(retail_price * buyers as double) / viewers as estimated_lost_revenue
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
        shares as (
            select b.user_id, count(*) as n, count(*) filter (o.recency_days > b.recency_days) as r,
                count(*) filter (o.orders < b.orders) as f, count(*) filter (o.net_revenue < b.net_revenue) as m
            from buyers b cross join buyers o group by b.user_id),
        scores as (select user_id, 1 + 5 * r // n as r, 1 + 5 * f // n as f, 1 + 5 * m // n as m from shares)
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
