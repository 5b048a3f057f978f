"""New, returning, resurrecting and dormant users."""

from pyspark.sql import SparkSession

from lakehouse.gold import user_activity_daily
from lakehouse.gold.lifecycle import transform
from tests.lakehouse.random_rows import at, day, frame, shown

COLUMNS = ("new_users", "returning_users", "resurrecting_users", "dormant_users")


def test_a_user_is_new_then_returning_dormant_and_resurrecting(spark: SparkSession) -> None:
    days = ["2024-01-01", "2024-01-02", "2024-01-04"]
    rows = [{"user_id": "1", "activity_date": day(d), "events": 1} for d in days]
    found = transform(frame(spark, user_activity_daily.TABLE, *rows), at("2024-01-06"))
    assert shown(found.where("interval = 'day'"), "period_start", *COLUMNS) == [
        (day("2024-01-01"), 1, 0, 0, 0),
        (day("2024-01-02"), 0, 1, 0, 0),
        (day("2024-01-03"), 0, 0, 0, 1),
        (day("2024-01-04"), 0, 0, 1, 0),
        (day("2024-01-05"), 0, 0, 0, 1),
    ]
    assert shown(found.where("interval <> 'day'"), "interval", "period_start", "is_complete", *COLUMNS) == [
        ("month", day("2024-01-01"), False, 1, 0, 0, 0),
        ("week", day("2024-01-01"), False, 1, 0, 0, 0),
    ]


def test_a_sale_alone_makes_nobody_active(spark: SparkSession) -> None:
    rows = {"user_id": "1", "activity_date": day("2024-01-01"), "events": 0, "orders": 1, "order_lines": 1}
    assert shown(transform(frame(spark, user_activity_daily.TABLE, rows), at("2024-01-06"))) == []
