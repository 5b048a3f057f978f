"""The reference files of theLook as rows of silver, by plain casts: the expected result of ingesting clean rows."""

from collections.abc import Mapping
from pathlib import Path

import duckdb
from pyspark.sql import DataFrame, SparkSession

SILVER = {
    "events": """
        select 'thelook' as source, id as event_id, user_id, session_id as anonymous_id, session_id,
            case event_type when 'product' then 'view' when 'cart' then 'add_to_cart'
                when 'home' then 'page_view' when 'department' then 'page_view' else event_type end as event_type,
            cast(created_at as timestamp) as occurred_at, to_date(cast(created_at as timestamp)) as event_date,
            cast(sequence_number as bigint) as sequence_number,
            case when uri like '/product/%' then substring(uri, 10) end as product_id,
            browser as device, country, e.traffic_source, uri as page
        from raw_events e left join (select id as uid, country from raw_users) on user_id = uid""",
    "users": "select id as user_id, cast(created_at as timestamp) as created_at, country, traffic_source from raw_users",
    "products": """
        select id as product_id, name, category, brand, department, cast(cost as decimal(18, 6)) as cost,
            cast(retail_price as decimal(18, 6)) as retail_price from raw_products""",
    "order_items": """
        select i.id as order_item_id, order_id, user_id, product_id, status, cast(1 as decimal(18, 6)) as quantity,
            cast(sale_price as decimal(18, 6)) as sale_price, cast(p.cost as decimal(18, 6)) as cost,
            cast(created_at as timestamp) as sold_at
        from raw_order_items i left join (select id as pid, cost from raw_products) p on product_id = pid""",
}


def silver_rows(spark: SparkSession, folder: Path) -> Mapping[str, DataFrame]:
    """The tables of silver that gold reads, by short name."""
    for name in ("events", "users", "products", "order_items"):
        files = spark.read.csv(str(folder / "thelook" / f"{name}.csv.gz"), header=True, escape='"')
        files.createOrReplaceTempView(f"raw_{name}")
    return {name: spark.sql(query) for name, query in SILVER.items()}


def thelook_in_duckdb(folder: Path) -> duckdb.DuckDBPyConnection:
    """The same tables, read from the files by DuckDB."""
    connection = duckdb.connect()
    for name in SILVER:
        file = folder / "thelook" / f"{name}.csv.gz"
        connection.execute(f"create view raw_{name} as select * from read_csv('{file}', all_varchar = true)")
    for name, query in SILVER.items():
        connection.execute(f"create table {name} as {query.replace('to_date(', 'date(').replace('1L', '1')}")
    return connection
