"""The declared sources on the real files, against figures that DuckDB computes from the same files independently."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.bronze.files import local_files
from lakehouse.bronze.reading import read as read_file
from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.conform import conform
from lakehouse.contract.loading import load_sources
from lakehouse.contract.outcome import accepted, latest
from lakehouse.gold import retention, user_activity_daily
from lakehouse.silver import session_activity_daily, sessions
from libs.settings.project import PROJECT_ROOT
from libs.tables import MONEY, Merge
from tests.lakehouse.random_rows import frame

pytestmark = pytest.mark.usefixtures("compiled")

SOURCES = load_sources(sorted((PROJECT_ROOT / "conf" / "sources").glob("*.yaml")))
TABLES = {e.table.refresh.entity: e.table for e in catalogue().values() if isinstance(e.table.refresh, Merge)}

# What is no sale, in the words of the file: the accountant's invoices, and stock bookkeeping.
NO_SALE = """InvoiceNo like 'A%' or (Quantity < 0 and InvoiceNo not like 'C%') or (UnitPrice = 0 and CustomerID is null)"""
LINES = f"(select distinct * from files where not ({NO_SALE}))"
FIGURES = {
    ("thelook", "users", "users"): (
        "count(*), count(distinct user_id), sum(age), sum(unix_seconds(created_at)), count(distinct country), count(email_hash)",
        "count(*), count(distinct id), sum(age::int), sum(floor(epoch(created_at::timestamp))), count(distinct country), count(email) from files",
    ),
    ("thelook", "products", "products"): (
        "count(*), sum(cost), sum(retail_price), count(distinct category), count(brand)",
        "count(*), sum(cost::decimal(18,6)), sum(retail_price::decimal(18,6)), count(distinct category), count(nullif(trim(brand), '')) from files",
    ),
    ("thelook", "inventory_items", "inventory_items"): (
        "count(*), count(sold_at), sum(cost), sum(unix_seconds(created_at))",
        "count(*), count(nullif(sold_at, '')), sum(cost::decimal(18,6)), sum(floor(epoch(created_at::timestamp))) from files",
    ),
    ("thelook", "distribution_centers", "distribution_centers"): (
        "count(*), sum(latitude)",
        "count(*), sum(latitude::double) from files",
    ),
    ("thelook", "orders", "orders"): (
        "count(*), sum(reported_items), count_if(status = 'Returned'), count(returned_at), sum(cast(unix_micros(created_at) as decimal(20)))",
        "count(*), sum(num_of_item::int), count_if(status = 'Returned'), count(nullif(returned_at, '')),"
        " sum(epoch_us(created_at::timestamp)) from files",
    ),
    ("thelook", "order_items", "order_items"): (
        "count(*), sum(sale_price), sum(quantity), count_if(status = 'Cancelled'), sum(cast(unix_micros(sold_at) as decimal(20))),"
        " count(shipped_at)",
        "count(*), sum(sale_price::decimal(18,6)), count(*), count_if(status = 'Cancelled'), sum(epoch_us(created_at::timestamp)),"
        " count(nullif(shipped_at, '')) from files",
    ),
    ("thelook", "events", "events"): (
        "count(*), count(user_id), count(distinct session_id), count_if(event_type = 'view'), count_if(event_type = 'page_view'),"
        " count_if(source_event_type = 'cart' and event_type = 'add_to_cart'), sum(cast(product_id as long)),"
        " sum(cast(unix_micros(occurred_at) as decimal(20))), count_if(get_json_object(properties, '$.city') is not null), sum(sequence_number)",
        "count(*), count(nullif(user_id, '')), count(distinct session_id), count_if(event_type = 'product'),"
        " count_if(event_type in ('home', 'department')), count_if(event_type = 'cart'),"
        " sum(nullif(regexp_extract(uri, '^/product/([0-9]+)', 1), '')::int), sum(epoch_us(created_at::timestamp)),"
        # Of some events the city is the word null.
        " count_if(city not in ('', 'null')), sum(sequence_number::int) from files",
    ),
    ("online_retail", "invoice_lines", "order_items"): (
        "count(*), count(distinct order_id), count(distinct user_id), sum(sale_price), sum(quantity), count_if(status = 'Returned'),"
        " sum(unix_seconds(sold_at))",
        "count(*), count(distinct InvoiceNo), count(distinct CustomerID),"
        " sum(Quantity::decimal(18,6) * UnitPrice::decimal(18,6))::decimal(18,6), sum(Quantity::int), count_if(InvoiceNo like 'C%'),"
        f" sum(epoch(InvoiceDate)) from {LINES}",
    ),
    ("online_retail", "invoice_lines", "orders"): (
        "count(*), count(distinct user_id), count_if(status = 'Returned'), sum(unix_seconds(created_at))",
        "count(*), count(distinct customer), count_if(nr like 'C%'), sum(epoch(began)) from (select InvoiceNo as nr, any_value(CustomerID) as"
        f" customer, min(InvoiceDate) as began from {LINES} group by InvoiceNo)",
    ),
    ("online_retail", "invoice_lines", "users"): (
        "count(*), min(user_id), max(user_id), sum(unix_seconds(created_at))",
        "count(*), min(id)::int::text, max(id)::int::text, sum(epoch(began)) from (select CustomerID as id, min(InvoiceDate) as began"
        " from files where CustomerID is not null group by CustomerID)",
    ),
    ("online_retail", "invoice_lines", "products"): (
        "count(*), count(name)",
        "count(distinct StockCode), count(distinct StockCode) from files"
        " where left(InvoiceNo, 1) not in ('A', 'C') and UnitPrice > 0 and trim(Description) <> ''",
    ),
}


@pytest.fixture(scope="module")
def bronze(spark: SparkSession, reference_data: Path) -> Callable[[str, str], DataFrame]:
    def read(source: str, table: str) -> DataFrame:
        files = local_files(reference_data / source, SOURCES[source], table)
        opened = [(file.open("rb"), file.name) for file in files]
        batches = [b for file, name in opened for b in read_file(file, name, table, SOURCES[source].tables[table])]
        rows = spark.createDataFrame(pa.Table.from_batches(batches))
        return rows.withColumn("_ingested_at", F.lit(datetime(2027, 1, 1, tzinfo=UTC)))

    return read


def by_duckdb(folder: Path, source: str, table: str, query: str) -> tuple[Any, ...]:
    (file,) = local_files(folder / source, SOURCES[source], table)
    read = f"read_csv('{file}', all_varchar=true)" if ".csv" in file.name else f"'{file}'"
    row = duckdb.execute(f"with files as (from {read}) select {query}").fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize(("source", "table", "entity"), FIGURES)
def test_silver_has_the_values_of_the_files(
    bronze: Callable[[str, str], DataFrame], reference_data: Path, source: str, table: str, entity: str
) -> None:
    ours, theirs = FIGURES[source, table, entity]
    feed = SOURCES[source].tables[table].feeds[entity]
    rows = latest(accepted(conform(bronze(source, table), SOURCES[source], feed, TABLES[entity], "key")), TABLES[entity], feed)
    found = rows.selectExpr(*_split(ours)).first()
    assert found is not None
    assert _exact(found) == _exact(by_duckdb(reference_data, source, table, theirs))


def _exact(values: Sequence[Any]) -> list[Decimal]:
    return [round(Decimal(str(value)), 6) for value in values]


def _split(expressions: str) -> list[str]:
    """At commas outside brackets."""
    parts, depth = [""], 0
    for sign in expressions:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        parts = [*parts, ""] if sign == "," and depth == 0 else [*parts[:-1], parts[-1] + sign]
    return parts


def test_online_retail_has_the_published_retention(
    spark: SparkSession, bronze: Callable[[str, str], DataFrame], reference_data: Path
) -> None:
    """Published: of the 948 customers of December 2010, 362, 317, 367 and 341 were active in the four months after."""
    source, table = SOURCES["online_retail"], TABLES["order_items"]
    ((raw, feed),) = [(n, t.feeds["order_items"]) for n, t in source.tables.items() if "order_items" in t.feeds]
    lines = latest(accepted(conform(bronze("online_retail", raw), source, feed, table, "key")), table, feed)
    no_activity, no_sessions = frame(spark, session_activity_daily.TABLE), frame(spark, sessions.TABLE)
    spine = user_activity_daily.transform(no_activity, no_sessions, lines.withColumn("cost", F.lit(None).cast(MONEY)))
    cohorts = retention.transform(spine, datetime(2012, 1, 1, tzinfo=UTC))
    first = cohorts.where("interval = 'month' and cohort_kind = 'first_time' and kind = 'on' and cohort_start = '2010-12-01'")
    rows = first.where("activity = 'order' and period_number <= 4").orderBy("period_number").collect()
    assert [row.cohort_size for row in rows] == [948] * 5
    assert [row.retained_users for row in rows] == [948, 362, 317, 367, 341]
