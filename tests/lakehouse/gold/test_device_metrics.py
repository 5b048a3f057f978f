"""Daily activity and revenue by device and country."""

from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.gold.device_metrics import transform
from lakehouse.silver import order_items, session_activity_daily, sessions
from tests.lakehouse.random_rows import Row, at, day, frame, line, shown

COLUMNS = ("activity_date", "device", "country", "events", "users", "sessions", "purchases", "net_revenue")


def activity(last_at: str, device: str, **columns: object) -> Row:
    known = {
        "session_id": last_at,
        "activity_date": at(last_at).date(),
        "last_at": at(last_at),
        "device": device,
        "country": "Brasil",
    }
    return {**known, "events": 1, "product_views": 0, "cart_additions": 0, "purchases": 0, **columns}


def test_users_are_distinct_and_sessions_count_where_and_when_they_began(spark: SparkSession) -> None:
    active = frame(
        spark,
        session_activity_daily.TABLE,
        activity("2024-01-01 10:00", "Chrome", user_id="1", events=2),
        activity("2024-01-01 11:00", "Chrome", user_id="1", purchases=1),
        activity("2024-01-01 12:00", "Chrome", user_id=None),
        activity("2024-01-01 13:00", "Safari", user_id="1"),
        activity("2024-01-02 00:10", "Safari", user_id="1"),
    )
    begun = frame(spark, sessions.TABLE, {"started_at": at("2024-01-01 09:59"), "device": "Chrome", "country": "Brasil"})
    assert shown(transform(active, begun, frame(spark, order_items.TABLE)), *COLUMNS) == [
        (day("2024-01-01"), "Chrome", "Brasil", 4, 1, 1, 1, Decimal(0)),
        (day("2024-01-01"), "Safari", "Brasil", 1, 1, 0, 0, Decimal(0)),
        (day("2024-01-02"), "Safari", "Brasil", 1, 1, 0, 0, Decimal(0)),
    ]


def test_revenue_goes_to_the_last_device_of_the_day_else_to_unknown(spark: SparkSession) -> None:
    active = frame(
        spark,
        session_activity_daily.TABLE,
        activity("2024-01-01 10:00", "Chrome", user_id="1"),
        activity("2024-01-01 11:00", "Safari", user_id="1"),
    )
    lines = frame(
        spark,
        order_items.TABLE,
        line("2024-01-01 09:00", "10", user_id="1"),
        line("2024-01-01 12:00", "3", "Returned", user_id="1"),
        line("2024-01-01 12:00", "7", user_id=None),
        line("2024-01-02 09:00", "5", user_id="1"),
    )
    rows = transform(active, frame(spark, sessions.TABLE), lines)
    assert shown(rows, "activity_date", "device", "country", "events", "net_revenue") == [
        (day("2024-01-01"), "Chrome", "Brasil", 1, Decimal(0)),
        (day("2024-01-01"), "Safari", "Brasil", 1, Decimal(10)),
        (day("2024-01-01"), "unknown", "unknown", 0, Decimal(7)),
        (day("2024-01-02"), "unknown", "unknown", 0, Decimal(5)),
    ]
