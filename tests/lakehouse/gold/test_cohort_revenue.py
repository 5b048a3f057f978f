"""Revenue by cohort and age."""

from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.gold import user_activity_daily
from lakehouse.gold.cohort_revenue import transform
from tests.lakehouse.random_rows import at, day, frame, shown


def test_a_customer_belongs_to_the_month_of_the_first_order(spark: SparkSession) -> None:
    sales = [("1", "2023-12-30", 0, -3), ("1", "2024-01-10", 1, 20), ("2", "2024-01-15", 1, 10), ("1", "2024-03-01", 2, 30)]
    rows = [
        {
            "user_id": u,
            "activity_date": day(d),
            "orders": n,
            "order_lines": n,
            "net_revenue": Decimal(r),
            "profit": Decimal(r) / 2,
        }
        for u, d, n, r in sales
    ]
    found = transform(frame(spark, user_activity_daily.TABLE, *rows), at("2024-03-15"))
    columns = (
        "period_number",
        "cohort_size",
        "buyers",
        "orders",
        "net_revenue",
        "profit",
        "cumulative_revenue_per_user",
        "is_mature",
    )
    assert shown(found, "cohort_start", *columns) == [
        (day("2024-01-01"), 0, 2, 2, 2, Decimal(30), Decimal(15), 15.0, True),
        (day("2024-01-01"), 1, 2, 0, 0, Decimal(0), Decimal(0), 15.0, True),
        (day("2024-01-01"), 2, 2, 1, 2, Decimal(30), Decimal(15), 30.0, False),
    ]
