"""Periods as numbers, against Python's own calendar."""

from datetime import UTC, date, datetime, timedelta

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.definitions.periods import INTERVALS, last_begun, number_of, start_of


def _start(interval: str, day: date) -> date:
    return {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[interval]


def test_a_day_is_in_the_period_that_starts_where_the_calendar_says(spark: SparkSession) -> None:
    days = [date(1970, 1, 1) + timedelta(days=n) for n in (*range(-30_000, 30_000, 17), *range(-20, 20))]
    rows = spark.createDataFrame([(day,) for day in days], "day date")
    for interval in INTERVALS:
        number = F.expr(number_of(interval, "unix_date(day)")).alias("number")
        found = rows.select("day", number, F.lit(interval).alias("interval"))
        for row in found.select("day", start_of("number").alias("start"), start_of("number + 1").alias("next")).collect():
            assert row.start == _start(interval, row.day), (interval, row)
            assert row.next == _start(interval, row.start + timedelta(days={"day": 1, "week": 7, "month": 32}[interval]))


def test_the_last_period_begun_is_that_of_the_moment_just_before() -> None:
    midnight = datetime(2024, 7, 1, tzinfo=UTC)
    assert last_begun(midnight)["month"] == 2024 * 12 + 5
    assert last_begun(midnight + timedelta(microseconds=1))["month"] == 2024 * 12 + 6
    assert last_begun(midnight)["week"] + 1 == last_begun(midnight + timedelta(hours=1))["week"], "a Monday"
