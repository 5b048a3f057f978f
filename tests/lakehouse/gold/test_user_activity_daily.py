"""What a user did and bought on a day."""

from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.gold.user_activity_daily import transform
from lakehouse.silver import order_items, session_activity_daily, sessions
from tests.lakehouse.random_rows import at, day, frame, line, shown


def test_a_session_counts_on_the_day_it_began_and_its_events_on_theirs(spark: SparkSession) -> None:
    activity = frame(
        spark,
        session_activity_daily.TABLE,
        {"user_id": "1", "activity_date": day("2024-01-01"), "events": 2, "product_views": 2},
        {"user_id": "1", "activity_date": day("2024-01-02"), "events": 1, "purchases": 1},
        {"user_id": None, "activity_date": day("2024-01-02"), "events": 5},
    )
    begun = frame(
        spark, sessions.TABLE, {"user_id": "1", "started_at": at("2024-01-01 23:59")}, {"started_at": at("2024-01-01 10:00")}
    )
    rows = transform(activity, begun, frame(spark, order_items.TABLE))
    assert shown(rows, "user_id", "activity_date", "events", "sessions", "product_views", "purchases", "orders") == [
        ("1", day("2024-01-01"), 2, 1, 2, 0, 0),
        ("1", day("2024-01-02"), 1, 0, 0, 1, 0),
    ]


def test_orders_are_those_with_a_line_sold_and_not_cancelled(spark: SparkSession) -> None:
    lines = frame(
        spark,
        order_items.TABLE,
        line("2024-01-01 10:00", "10", user_id="1", order_id="a"),
        line("2024-01-01 11:00", "5", "Returned", user_id="1", order_id="a"),
        line("2024-01-01 12:00", "7", "Cancelled", user_id="1", order_id="b"),
        line("2024-01-02 00:00", "3", user_id="1", order_id="a"),
        line("2024-01-03 10:00", "-4", "Returned", user_id="1", order_id="credit"),
        line("2024-01-04 10:00", "9", user_id=None, order_id="guest"),
    )
    rows = transform(frame(spark, session_activity_daily.TABLE), frame(spark, sessions.TABLE), lines)
    assert shown(rows, "activity_date", "events", "orders", "order_lines", "gross_revenue", "net_revenue") == [
        (day("2024-01-01"), 0, 1, 2, Decimal(15), Decimal(10)),
        (day("2024-01-02"), 0, 1, 1, Decimal(3), Decimal(3)),
        (day("2024-01-03"), 0, 0, 0, Decimal(0), Decimal(-4)),
    ]
