"""Daily, weekly and monthly active users."""

from datetime import timedelta

from pyspark.sql import SparkSession

from lakehouse.gold import user_activity_daily
from lakehouse.gold.active_users_daily import transform
from tests.lakehouse.random_rows import at, day, frame, shown


def test_a_user_counts_for_a_day_a_week_and_a_month_and_no_longer(spark: SparkSession) -> None:
    active = frame(spark, user_activity_daily.TABLE, {"user_id": "1", "activity_date": day("2024-01-01"), "events": 3})
    rows = {row[0]: row[1:] for row in shown(transform(active, at("2024-03-01")), "activity_date", "dau", "wau", "mau")}
    assert rows == {day("2024-01-01") + timedelta(days=n): (int(n < 1), int(n < 7), int(n < 30)) for n in range(30)}


def test_a_user_who_comes_back_counts_once(spark: SparkSession) -> None:
    active = frame(
        spark,
        user_activity_daily.TABLE,
        {"user_id": "1", "activity_date": day("2024-01-01"), "events": 1},
        {"user_id": "1", "activity_date": day("2024-01-03"), "events": 1},
        {"user_id": "2", "activity_date": day("2024-01-03"), "events": 1},
        {"user_id": "3", "activity_date": day("2024-01-03"), "events": 0},
    )
    rows = transform(active, at("2024-01-04"))
    assert shown(rows, "activity_date", "dau", "wau", "mau", "stickiness") == [
        (day("2024-01-01"), 1, 1, 1, 1.0),
        (day("2024-01-02"), 0, 1, 1, 0.0),
        (day("2024-01-03"), 2, 2, 2, 1.0),
    ]


def test_the_day_of_as_of_is_not_complete(spark: SparkSession) -> None:
    active = frame(spark, user_activity_daily.TABLE, {"user_id": "1", "activity_date": day("2024-01-01"), "events": 1})
    rows = transform(active, at("2024-01-02 00:01"))
    assert shown(rows, "activity_date", "is_complete") == [(day("2024-01-01"), True), (day("2024-01-02"), False)]


def test_without_active_users_there_are_no_rows(spark: SparkSession) -> None:
    assert shown(transform(frame(spark, user_activity_daily.TABLE), at("2024-01-04"))) == []
