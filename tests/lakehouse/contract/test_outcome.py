from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from lakehouse.contract.outcome import latest, wins
from lakehouse.contract.provenance import PROVENANCE, SOURCE
from lakehouse.contract.source import Feed
from libs.store.dialects import spark_sql
from libs.tables import LONG, STRING, Column, Merge, Table

TABLE = Table(
    name="silver.sales",
    comment="",
    columns=[SOURCE, Column("sale_id", STRING, ""), Column("day", LONG, ""), *PROVENANCE],
    primary_key=["sale_id"],
    refresh=Merge(entity="sales"),
)
COLUMNS = {"sale_id": "sale_id", "day": "day"}
# Their places in a delivery.
FILES = {"part-9.csv": 1, "part-10.csv": 2}
ARRIVALS = st.tuples(
    st.sampled_from("abcd"),
    st.integers(1, 3),
    st.integers(1, 2),
    st.sampled_from(["part-10.csv", "part-9.csv"]),
    st.integers(0, 99),
    st.integers(0, 3),
)


def valid(spark: SparkSession, arrivals: list[tuple[str, int, int, str, int, int]]) -> DataFrame:
    """Rows of (key, day, day of arrival, file, row number, rank)."""
    rows: list[tuple[Any, ...]] = [
        ("shop", k, day, datetime(2026, 1, at, tzinfo=UTC), file, FILES[file], row, 7 * -row, rank, [], None)
        for k, day, at, file, row, rank in arrivals
    ]
    types = "source string, sale_id string, day long, _ingested_at timestamp, _source_file string, _file_number long"
    types += ", _row_number long, _row_hash long"
    return spark.createDataFrame(rows, types + ", _rank long, _reasons array<string>, _raw string")


def kept(rows: DataFrame) -> list[tuple[str, int, int, str, int]]:
    taken = rows.selectExpr("sale_id", "day", "extract(day from _ingested_at) as at", "_source_file", "_row_number").collect()
    return sorted(tuple(row) for row in taken)


@given(st.lists(ARRIVALS, max_size=24, unique_by=lambda row: (row[0], row[2:5])))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_row_a_key_stays_the_one_that_the_feed_keeps(
    spark: SparkSession, arrivals: list[tuple[str, int, int, str, int, int]]
) -> None:
    orders = {
        "latest": lambda r: (r[2], FILES[r[3]], r[4]),
        "latest by rank": lambda r: (r[2], r[5], FILES[r[3]], r[4]),
        "earliest": lambda r: (-r[1], r[2], FILES[r[3]], r[4]),
    }
    keeps = {"latest": "latest", "latest by rank": {"latest": "rank"}, "earliest": {"earliest": "day"}}
    for name, order in orders.items():
        feed = Feed.model_validate({"columns": COLUMNS, "keep": keeps[name]})
        best = {key: max((r for r in arrivals if r[0] == key), key=order)[:5] for key in {r[0] for r in arrivals}}
        rows = latest(valid(spark, arrivals), TABLE, feed)
        assert rows.columns == TABLE.column_names
        assert kept(rows) == sorted(best.values()), name


def test_a_given_row_wins_over_the_one_there_by_the_same_order(spark: SparkSession) -> None:
    early_day, late_arrival = ("a", 1, 1, "part-9.csv", 1, 0), ("a", 2, 2, "part-9.csv", 1, 0)
    for keep, winner in (("latest", late_arrival), ({"earliest": "day"}, early_day)):
        feed = Feed.model_validate({"columns": COLUMNS, "keep": keep})
        for given_row, there in ((early_day, late_arrival), (late_arrival, early_day), (early_day, early_day)):
            pair = valid(spark, [given_row]).alias("s").join(valid(spark, [there]).alias("t"), on="sale_id", how="inner")
            assert pair.where(spark_sql(wins(feed))).count() == (given_row == winner and there != winner)
