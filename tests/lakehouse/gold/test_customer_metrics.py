"""A user's history, scores and tiers."""

from datetime import timedelta
from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.gold import user_activity_daily
from lakehouse.gold.customer_metrics import TABLE, transform
from lakehouse.silver import order_items, products, users
from tests.lakehouse.random_rows import SILVER, Row, at, day, frame, line, shown
from tests.lakehouse.recomputed import silver_in_duckdb

AS_OF = at("2024-06-01")


def test_orders_products_and_recency_are_of_lines_sold_and_not_cancelled(spark: SparkSession) -> None:
    lines = frame(
        spark,
        order_items.TABLE,
        line("2024-05-01 12:00", "10", user_id="1", order_id="a", product_id="p"),
        line("2024-05-29 18:00", "20", "Returned", user_id="1", order_id="b", product_id="q"),
        line("2024-05-31 12:00", "30", "Cancelled", user_id="1", order_id="c", product_id="r"),
        line("2024-05-31 13:00", "-4", "Returned", user_id="1", order_id="credit", product_id="p"),
    )
    listed = frame(spark, products.TABLE, *[{"product_id": n, "category": "Socks"} for n in "pqr"])
    rows = transform(frame(spark, users.TABLE, {"user_id": "1"}), frame(spark, user_activity_daily.TABLE), lines, listed, AS_OF)
    columns = ("orders", "gross_revenue", "net_revenue", "distinct_products", "distinct_categories", "recency_days")
    assert shown(rows, *columns) == [(2, Decimal(30), Decimal(6), 2, 1, 2)]


def test_who_bought_nothing_has_zeros_and_no_scores(spark: SparkSession) -> None:
    lines = frame(spark, order_items.TABLE, line("2024-05-31 12:00", "30", "Cancelled", user_id="1"))
    nobody = frame(spark, user_activity_daily.TABLE)
    rows = transform(frame(spark, users.TABLE, {"user_id": "1"}), nobody, lines, frame(spark, products.TABLE), AS_OF)
    columns = ("events", "orders", "net_revenue", "recency_days", "recency_score", "rfm_segment", "engagement_tier")
    assert shown(rows, *columns) == [(0, 0, Decimal(0), None, None, None, "none")]


def test_scores_are_by_the_share_of_buyers_who_are_worse_and_ties_score_the_same(spark: SparkSession) -> None:
    buyers = [str(n) for n in range(5)]
    lines = [line(f"2024-05-{10 + int(n)} 00:00", f"{10 * (1 + int(n))}", user_id=n, order_id=n) for n in buyers]
    second = [line("2024-01-01 00:00", "1", user_id=n, order_id=f"second {n}") for n in ("3", "4")]
    rows = transform(
        frame(spark, users.TABLE, *[{"user_id": n} for n in buyers]),
        frame(spark, user_activity_daily.TABLE),
        frame(spark, order_items.TABLE, *lines, *second),
        frame(spark, products.TABLE),
        AS_OF,
    )
    assert shown(rows, "user_id", "recency_score", "frequency_score", "monetary_score", "rfm_segment") == [
        ("0", 1, 1, 1, "Hibernating"),
        ("1", 2, 1, 2, "Hibernating"),
        ("2", 3, 1, 3, "About to sleep"),
        ("3", 4, 4, 4, "Loyal customers"),
        ("4", 5, 4, 5, "Champions"),
    ]


def test_engagement_is_by_active_days_of_the_last_90(spark: SparkSession) -> None:
    active_days = {"high": range(1, 11), "medium": range(88, 91), "low": [90], "dormant": [91], "none": []}
    last_day = day("2024-06-01")
    activity = [
        {"user_id": tier, "activity_date": last_day - timedelta(days=n), "events": 1, "sessions": 1}
        for tier, days in active_days.items()
        for n in days
    ]
    sale_only = {"user_id": "none", "activity_date": last_day - timedelta(days=3), "events": 0, "sessions": 0}
    rows = transform(
        frame(spark, users.TABLE, *[{"user_id": tier} for tier in active_days]),
        frame(spark, user_activity_daily.TABLE, *activity, sale_only),
        frame(spark, order_items.TABLE),
        frame(spark, products.TABLE),
        AS_OF,
    )
    assert shown(rows, "user_id", "engagement_tier") == sorted((tier, tier) for tier in active_days)


def test_an_order_whose_lines_are_of_two_users_is_one_of_each_in_its_reconciliation_too(spark: SparkSession) -> None:
    """A gift, or an account that was merged since."""
    rows: dict[str, list[Row]] = {
        "users": [{"user_id": "1"}, {"user_id": "2"}],
        "order_items": [
            line("2024-01-01 10:00", "10", order_id="shared", user_id="1"),
            line("2024-01-01 10:01", "20", order_id="shared", user_id="2"),
            line("2024-01-01 10:02", "30", order_id=None, user_id="2"),
        ],
    }
    made = transform(
        frame(spark, users.TABLE, *rows["users"]),
        frame(spark, user_activity_daily.TABLE),
        frame(spark, order_items.TABLE, *rows["order_items"]),
        frame(spark, products.TABLE),
        at("2024-02-01 00:00"),
    )
    assert shown(made, "user_id", "orders") == [("1", 1), ("2", 1)]
    check = next(check for check in TABLE.reconciliations if check.name == "orders")
    connection = silver_in_duckdb({name: rows.get(name, []) for name in SILVER})
    connection.execute("create schema silver")
    for name in rows:
        connection.execute(f"create view silver.{name} as select * from main.{name}")
    assert connection.execute(check.query({})).fetchall() == [("all users", 2)]
