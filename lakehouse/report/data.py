"""What the report page shows, as small pandas frames: everything large is aggregated by Spark first.

A table that does not exist, or is empty, gives an empty frame with the columns named here; the page then says so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial, reduce
from typing import Any, Protocol

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

WINDOW_DAYS = 30
BEST = 15

ACTIVE_USERS = ["activity_date", "dau", "wau", "mau", "stickiness", "is_complete"]
REVENUE = ["order_date", "orders", "buyers", "items", "gross_revenue", "net_revenue", "profit", "aov"]
COUNTS = ["sessions", "purchases"]
BREAKDOWN = ["value", *COUNTS]
PRODUCTS = ["product_id", "name", "category", "views", "units_sold", "units_returned", "net_revenue", "profit", "conversion_rate"]
SEGMENTS = ["rfm_segment", "customers", "repeat_customers", "orders", "net_revenue", "recency_days"]
CROSS_SELL = ["product_id", "name", "users", "views", "estimated_lost_revenue"]
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


class Tables(Protocol):
    """What is asked of the store."""

    def exists(self, name: str) -> bool:
        """Whether there is such a table."""

    def version(self, name: str) -> int:
        """Its newest version."""

    def row_count(self, name: str, version: int | None = None) -> int:
        """How many rows a version has, without reading them."""

    def read(self, name: str, version: int | None = None) -> DataFrame:
        """The rows of a version."""


@dataclass(frozen=True)
class _Reader:
    """Reads each table at the version that it had when the reader was made, so that the page agrees with itself."""

    tables: Tables
    versions: Mapping[str, int]

    def frame(self, name: str, columns: list[str], query: Callable[[DataFrame], DataFrame]) -> pd.DataFrame:
        if name not in self.versions:
            return pd.DataFrame(columns=columns)
        return query(self.rows(name)).toPandas()[columns]

    def rows(self, name: str) -> DataFrame:
        return self.tables.read(name, self.versions[name])

    def row_count(self, name: str) -> int:
        return self.tables.row_count(name, self.versions[name])


def read_report_data(tables: Tables, about: About, refreshed: Sequence[Mapping[str, Any]] = ()) -> ReportData:
    """Read what the page shows of the newest versions of the tables named in `about.comments` and `refreshed`.

    refreshed: for each table of the run `table, mode, rows_in, rows_out, quarantined, duplicates, seconds, version`.
    """
    names = list(dict.fromkeys([*about.comments, *(str(row["table"]) for row in refreshed)]))
    reader = _Reader(tables, {name: tables.version(name) for name in names if tables.exists(name)})
    since = (about.as_of - timedelta(days=WINDOW_DAYS)).date()
    recent = F.col("activity_date").between(F.lit(since), F.lit((about.as_of - timedelta(days=1)).date()))
    by_device = partial(_counts, recent=recent, by=["device", "country"])
    by_source = partial(_counts, recent=recent, by=["traffic_source"])
    devices = reader.frame("gold.device_metrics", ["device", "country", *COUNTS], by_device)
    return ReportData(
        about=about,
        active_users=reader.frame("gold.active_users_daily", ACTIVE_USERS, lambda rows: rows.orderBy("activity_date")),
        revenue=reader.frame("gold.revenue_daily", REVENUE, _revenue),
        devices=_breakdown(devices, "device"),
        countries=_breakdown(devices, "country"),
        traffic_sources=_breakdown(
            reader.frame("gold.traffic_source_daily", ["traffic_source", *COUNTS], by_source), "traffic_source"
        ),
        products=reader.frame("gold.product_performance", PRODUCTS, _products),
        segments=reader.frame("gold.customer_metrics", SEGMENTS, _segments),
        cross_sell=reader.frame("gold.cross_sell_candidates", CROSS_SELL, lambda rows: _cross_sell(reader, rows)),
        reasons=_reasons(reader),
        checks=reader.frame("gold.quality_results", CHECKS, _latest_checks),
        tables=_table_of_tables(reader, about),
        refreshed=refreshed,
    )


def rows_of(frame: pd.DataFrame) -> Iterable[Any]:
    """The frame's rows, each with its columns as attributes."""
    return frame.itertuples(index=False)


def _doubles(*names: str) -> list[Any]:
    return [F.col(name).cast("double").alias(name) for name in names]


def _revenue(rows: DataFrame) -> DataFrame:
    money = _doubles("gross_revenue", "net_revenue", "profit", "aov")
    return rows.select("order_date", "orders", "buyers", "items", *money).orderBy("order_date")


def _counts(rows: DataFrame, recent: Column, by: list[str]) -> DataFrame:
    """Sessions and purchases add up over days; distinct users would not, so they are not shown."""
    return rows.where(recent).groupBy(*by).agg(*[F.sum(name).alias(name) for name in COUNTS])


def _breakdown(counts: pd.DataFrame, by: str) -> pd.DataFrame:
    named = counts.assign(value=counts[by].fillna("unknown"))
    sums = named.groupby("value", as_index=False)[COUNTS].sum()
    return sums.sort_values(["sessions", "value"], ascending=[False, True], ignore_index=True)[BREAKDOWN]


def _products(rows: DataFrame) -> DataFrame:
    best = rows.where("net_revenue > 0").orderBy(F.desc("net_revenue"), "product_id").limit(BEST)
    name = F.coalesce("name", "product_id").alias("name")
    counts = ["views", "units_sold", "units_returned"]
    return best.select("product_id", name, "category", *counts, *_doubles("net_revenue", "profit", "conversion_rate"))


def _segments(rows: DataFrame) -> DataFrame:
    customers = rows.where("orders > 0").groupBy(F.coalesce("rfm_segment", F.lit("not scored")).alias("rfm_segment"))
    return customers.agg(
        F.count(F.lit(1)).alias("customers"),
        F.count_if(F.col("orders") >= 2).alias("repeat_customers"),
        F.sum("orders").alias("orders"),
        F.sum("net_revenue").cast("double").alias("net_revenue"),
        F.avg("recency_days").cast("double").alias("recency_days"),
    ).orderBy(F.desc("net_revenue"), "rfm_segment")


def _cross_sell(reader: _Reader, rows: DataFrame) -> DataFrame:
    sums = rows.groupBy("product_id").agg(
        F.count(F.lit(1)).alias("users"),
        F.sum("views").alias("views"),
        F.sum("estimated_lost_revenue").cast("double").alias("estimated_lost_revenue"),
    )
    best = sums.orderBy(F.desc("estimated_lost_revenue"), "product_id").limit(BEST)
    if "gold.product_performance" not in reader.versions:
        return best.withColumn("name", F.col("product_id"))
    names = reader.rows("gold.product_performance").select("product_id", "name")
    named = best.join(names, on="product_id", how="left").withColumn("name", F.coalesce("name", "product_id"))
    return named.orderBy(F.desc("estimated_lost_revenue"), "product_id")


def _reasons(reader: _Reader) -> pd.DataFrame:
    """Rows that wait in quarantine now; a row with two reasons counts under both."""
    names = [name for name in reader.versions if name.startswith("quarantine.") and reader.row_count(name)]
    if not names:
        return pd.DataFrame(columns=REASONS)
    each = [reader.rows(n).select(F.lit(n).alias("table"), F.explode("reasons").alias("reason")) for n in names]
    counted = reduce(DataFrame.unionByName, each).groupBy("table", "reason").agg(F.count(F.lit(1)).alias("rows"))
    return counted.orderBy(F.desc("rows"), "table", "reason").toPandas()


def _latest_checks(rows: DataFrame) -> DataFrame:
    """The latest results of each table: a run leaves tables that nothing changed unchecked."""
    latest = rows.groupBy("table").agg(F.max("checked_at").alias("checked_at"))
    return rows.join(latest, on=["table", "checked_at"], how="left_semi").orderBy("table", "expectation")


def _table_of_tables(reader: _Reader, about: About) -> pd.DataFrame:
    rows = [(n, about.comments.get(n, ""), reader.row_count(n), version) for n, version in reader.versions.items()]
    return pd.DataFrame(rows, columns=TABLES)
