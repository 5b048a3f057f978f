"""Rows of several kinds beside each other."""

from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.definitions.union import united
from tests.lakehouse.random_rows import shown


def test_a_column_that_a_part_does_not_have_is_null_and_has_the_type_of_the_other_part(spark: SparkSession) -> None:
    days = spark.sql("select 1 as day, 2L as events")
    sales = spark.sql("select cast('1.5' as decimal(18, 6)) as revenue, 3 as day")
    rows = united([days, sales])
    assert {f.name: f.dataType.simpleString() for f in rows.schema} == {
        "day": "int",
        "events": "bigint",
        "revenue": "decimal(18,6)",
    }
    assert shown(rows, "day", "events", "revenue") == [(1, 2, None), (3, None, Decimal("1.500000"))]


def test_a_type_is_that_of_the_first_part_that_has_the_column(spark: SparkSession) -> None:
    rows = united([spark.sql("select 1L as day"), spark.sql("select 2 as day")])
    assert rows.schema["day"].dataType.simpleString() == "bigint"
    assert shown(rows) == [(1,), (2,)]
