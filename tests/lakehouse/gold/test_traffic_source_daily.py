"""Daily activity and revenue by traffic source."""

from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.gold.traffic_source_daily import transform
from lakehouse.silver import order_items, session_activity_daily, sessions
from tests.lakehouse.random_rows import at, day, frame, line, shown


def test_devices_of_one_traffic_source_are_added_up(spark: SparkSession) -> None:
    of_day = {"activity_date": day("2024-01-01"), "last_at": at("2024-01-01 10:00"), "traffic_source": "Email"}
    active = frame(
        spark,
        session_activity_daily.TABLE,
        {**of_day, "device": "Chrome", "user_id": "1", "events": 2, "product_views": 1, "cart_additions": 1, "purchases": 0},
        {**of_day, "device": "Safari", "user_id": "1", "events": 3, "product_views": 2, "cart_additions": 0, "purchases": 1},
    )
    begun = frame(spark, sessions.TABLE, {"started_at": at("2024-01-01 10:00"), "traffic_source": "Email"})
    bought = frame(spark, order_items.TABLE, line("2024-01-01 12:00", "10", user_id="1"))
    columns = (
        "activity_date",
        "traffic_source",
        "events",
        "users",
        "sessions",
        "product_views",
        "cart_additions",
        "purchases",
        "net_revenue",
    )
    assert shown(transform(active, begun, bought), *columns) == [(day("2024-01-01"), "Email", 5, 1, 1, 3, 1, 1, Decimal(10))]
