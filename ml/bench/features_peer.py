"""The same features by DuckDB: one query over the same Parquet files, written for DuckDB and without code of `ml.features`.

A row of silver counts at the cutoffs after its day and after its arrival; what the first run of a source took counts as known
when it happened.

python -m ml.bench.features_peer ROOT OUT THREADS
"""

import json
import sys
import time
from pathlib import Path

import duckdb

from libs.store.published import Published
from ml.bench.shop import CHURN, TABLES, cutoffs

WINDOWS = (7, 14, 30, 60)
COUNTED = ("events", "sessions", "product_views", "cart_additions", "orders")
# The last day before the first cutoff at which a row counts: that of the fact, or of its arrival where that is later.
SETTLED = "greatest({day}, case when _ingested_at > (select min(_ingested_at) from {table}) then cast(_ingested_at as date) end)"
DAYS = f"""
create table event_days as
    select user_id, event_date as day, {SETTLED.format(day="event_date", table="events")} as settled, count(*) as events,
        count(distinct session_id) as sessions, count(*) filter (event_type = 'view') as product_views,
        count(*) filter (event_type = 'add_to_cart') as cart_additions
    from events where user_id is not null group by all;
create table sale_days as
    select user_id, cast(sold_at as date) as day, {SETTLED.format(day="cast(sold_at as date)", table="order_items")} as settled,
        count(distinct order_id) filter (sale_price >= 0) as orders, sum(sale_price) as revenue,
        count(*) filter (sale_price < 0 and status = 'Returned') as returned_lines
    from order_items where user_id is not null and sold_at is not null group by all;
create table return_days as
    select user_id, cast(returned_at as date) as day, {SETTLED.format(day="cast(returned_at as date)", table="order_items")} as settled,
        count(*) as returned_lines
    from order_items where user_id is not null and returned_at is not null and sale_price >= 0 group by all;
create table days as
    select user_id, day, settled, coalesce(sum(events), 0)::bigint as events, coalesce(sum(sessions), 0)::bigint as sessions,
        coalesce(sum(product_views), 0)::bigint as product_views, coalesce(sum(cart_additions), 0)::bigint as cart_additions,
        coalesce(sum(orders), 0)::bigint as orders, coalesce(sum(revenue), 0)::decimal(38, 6) as revenue,
        coalesce(sum(returned_lines), 0)::bigint as returned_lines
    from (from event_days union all by name from sale_days union all by name from return_days) group by all;
create table product_days as
    select distinct user_id, event_date as day, {SETTLED.format(day="event_date", table="events")} as settled, product_id
    from events where user_id is not null and product_id is not null
    union
    select user_id, cast(sold_at as date), {SETTLED.format(day="cast(sold_at as date)", table="order_items")}, product_id
    from order_items where user_id is not null and product_id is not null and sold_at is not null;
create table device_days as
    select user_id, event_date as day, {SETTLED.format(day="event_date", table="events")} as settled, device, count(*) as events
    from events where user_id is not null and device is not null group by all;
"""


def _number(sql: str) -> str:
    """A decimal as the double nearest to it."""
    return f"cast(cast({sql} as varchar) as double)"


def _ratio(of: str, to: str) -> str:
    return f"cast({of} as double) / nullif(cast({to} as double), 0)"


SUMS = ", ".join(f"coalesce(sum({name}) filter (ago <= {w}), 0)::bigint as {name}_{w}" for name in COUNTED for w in WINDOWS)
REVENUES = ", ".join(f"coalesce(sum(revenue) filter (ago <= {w}), 0) as revenue_{w}" for w in WINDOWS)
ACTIVE_DAYS = ", ".join(f"bit_count(active_days & ((1::bigint << {w}) - 1))::bigint as active_days_{w}" for w in WINDOWS)
GAP = _ratio("days_since_first_activity - recency_days", "greatest(sessions_ever - 1, 0)")
QUERY = f"""
with counted as (
    select user_id, cutoff, {SUMS}, {REVENUES}, sum(sessions)::bigint as sessions_ever, sum(orders)::bigint as orders_ever,
        sum(revenue) as revenue_ever, sum(returned_lines)::bigint as returned_lines_ever,
        bit_or(1::bigint << least(ago - 1, 60)) filter (is_active and ago <= 60) as active_days,
        min(ago) filter (is_active) as recency_days, max(ago) filter (is_active) as days_since_first_activity,
        min(ago) filter (orders > 0) as days_since_order, max(ago) as first_fact
    from (select days.*, cutoff, cutoff - day as ago, events > 0 or orders > 0 as is_active from days join cutoffs on settled < cutoff)
    group by user_id, cutoff having recency_days <= {CHURN.active_window_days}),
seen as (
    select distinct user_id, cutoff, product_id from product_days join cutoffs on settled < cutoff and day >= cutoff - 60),
breadth as (
    select user_id, cutoff, count(*) as distinct_products_60, count(distinct category) as distinct_categories_60
    from seen left join products using (product_id) group by all),
devices as (
    select user_id, cutoff, device, sum(events) as events
    from device_days join cutoffs on settled < cutoff and day >= cutoff - 60 group by all),
main as (select user_id, cutoff, arg_min(device, (-events, device)) as main_device from devices group by all),
people as (
    select *, {SETTLED.format(day="cast(created_at as date)", table="users")} as settled from users)
select user_id, cutoff, greatest(cutoff - cast(created_at as date), first_fact)::bigint as tenure_days,
    counted.* exclude (user_id, cutoff, active_days, first_fact, revenue_ever, {", ".join(f"revenue_{w}" for w in WINDOWS)}),
    {ACTIVE_DAYS}, {", ".join(f"{_number(f'revenue_{w}')} as revenue_{w}" for w in ("ever", *WINDOWS))},
    {_ratio(_number("revenue_ever"), "orders_ever")} as average_order_value,
    {_ratio("2 * events_7 - events_14", "events_14")} as activity_trend_14,
    {_ratio("2 * events_30 - events_60", "events_60")} as activity_trend_60,
    {GAP} as session_gap_days, {_ratio("recency_days", GAP)} as recency_to_gap,
    {_ratio("cart_additions_60", "product_views_60")} as cart_rate_60, {_ratio("orders_60", "sessions_60")} as order_rate_60,
    coalesce(distinct_products_60, 0) as distinct_products_60, coalesce(distinct_categories_60, 0) as distinct_categories_60,
    main_device, country, traffic_source, gender, age
from counted left join breadth using (user_id, cutoff) left join main using (user_id, cutoff)
    left join people on people.user_id = counted.user_id and people.settled < cutoff
"""


def main(root: Path, out: Path, threads: int) -> None:
    """Write the rows to the file `out`, and print the seconds of that, as JSON."""
    tables = Published(str(root))
    connection = duckdb.connect(config={"threads": threads})
    connection.execute("set timezone = 'UTC'")
    connection.execute("create table cutoffs as select unnest($1::date[]) as cutoff", [[c.day for c in cutoffs()]])
    for table in TABLES:
        paths = [str(path) for path in tables.files(table.name).paths]
        connection.execute(f"create view {table.short_name} as select * from read_parquet({paths})")
    began = time.perf_counter()
    connection.execute(DAYS)
    connection.sql(QUERY).write_parquet(str(out), compression="snappy")
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
