"""Retention of cohorts."""

from pyspark.sql import DataFrame, SparkSession

from lakehouse.gold import user_activity_daily
from lakehouse.gold.retention import transform
from tests.lakehouse.random_rows import at, day, frame, shown

COLUMNS = ("period_number", "cohort_size", "retained_users", "retention_rate", "is_mature")


def _spine(spark: SparkSession) -> DataFrame:
    seen = [("1", "2024-01-10"), ("1", "2024-03-05"), ("2", "2024-01-20"), ("2", "2024-02-01")]
    return frame(spark, user_activity_daily.TABLE, *[{"user_id": user, "activity_date": day(d), "events": 1} for user, d in seen])


def _months(rows: DataFrame, cohort_kind: str, kind: str) -> DataFrame:
    return rows.where(f"interval = 'month' and cohort_kind = '{cohort_kind}' and kind = '{kind}' and activity = 'event'")


def test_first_time_cohorts_on_and_on_or_after(spark: SparkSession) -> None:
    rows = transform(_spine(spark), at("2024-03-10"))
    assert shown(_months(rows, "first_time", "on"), *COLUMNS) == [
        (0, 2, 2, 1.0, True),
        (1, 2, 1, 0.5, True),
        (2, 2, 1, None, False),
    ]
    assert shown(_months(rows, "first_time", "on_or_after"), *COLUMNS) == [
        (0, 2, 2, 1.0, True),
        (1, 2, 2, 1.0, True),
        (2, 2, 1, None, False),
    ]


def test_a_recurring_cohort_holds_everybody_of_its_period(spark: SparkSession) -> None:
    rows = _months(transform(_spine(spark), at("2024-04-01")), "recurring", "on")
    assert shown(rows, "cohort_start", *COLUMNS[:3]) == [
        (day("2024-01-01"), 0, 2, 2),
        (day("2024-01-01"), 1, 2, 1),
        (day("2024-01-01"), 2, 2, 1),
        (day("2024-02-01"), 0, 1, 1),
        (day("2024-02-01"), 1, 1, 0),
        (day("2024-03-01"), 0, 1, 1),
    ]


def test_orders_make_cohorts_of_their_own(spark: SparkSession) -> None:
    bought = {"user_id": "1", "activity_date": day("2024-01-10"), "events": 0, "order_lines": 1}
    rows = transform(frame(spark, user_activity_daily.TABLE, bought), at("2024-02-01"))
    assert {row[0] for row in shown(rows, "activity")} == {"order"}
