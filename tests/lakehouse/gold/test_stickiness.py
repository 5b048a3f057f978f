"""Active days in four weeks."""

from pyspark.sql import SparkSession

from lakehouse.gold import user_activity_daily
from lakehouse.gold.stickiness import transform
from tests.lakehouse.random_rows import at, day, frame, shown


def test_users_are_counted_by_their_active_days_in_each_four_weeks(spark: SparkSession) -> None:
    # Monday 1 January, Sunday 28 January (the last of its four weeks), Monday 29 January.
    days = [("1", "2024-01-01"), ("1", "2024-01-28"), ("1", "2024-01-29"), ("2", "2024-01-28")]
    rows = [{"user_id": user, "activity_date": day(d), "events": 2} for user, d in days]
    found = transform(frame(spark, user_activity_daily.TABLE, *rows), at("2024-01-29 12:00"))
    of_january = found.where("period_start between '2024-01-01' and '2024-01-29'")
    assert shown(of_january, "period_start", "active_days", "users", "is_complete") == [
        (day("2024-01-01"), 1, 1, True),
        (day("2024-01-01"), 2, 1, True),
        (day("2024-01-08"), 1, 1, False),
        (day("2024-01-08"), 2, 1, False),
        (day("2024-01-15"), 1, 1, False),
        (day("2024-01-15"), 2, 1, False),
        (day("2024-01-22"), 1, 1, False),
        (day("2024-01-22"), 2, 1, False),
        (day("2024-01-29"), 1, 1, False),
    ]
