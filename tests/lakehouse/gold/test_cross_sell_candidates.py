"""Products that a user viewed and has not bought."""

from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.gold import product_interest_daily
from lakehouse.gold.cross_sell_candidates import transform
from lakehouse.silver import order_items, products, users
from tests.lakehouse.random_rows import Row, at, day, frame, line, shown


def viewed(user_id: str, product_id: str, views: int = 1, is_identified: bool = True, last: str = "2024-01-01 10:00") -> Row:
    return {
        "activity_date": day(last[:10]),
        "product_id": product_id,
        "actor_id": user_id,
        "is_identified": is_identified,
        "product_views": views,
        "cart_additions": 1,
        "last_viewed_at": at(last) if views else None,
    }


def test_a_product_that_was_bought_is_no_candidate_unless_the_order_was_cancelled(spark: SparkSession) -> None:
    seen = frame(
        spark,
        product_interest_daily.TABLE,
        *[viewed("1", product_id) for product_id in ("bought", "returned", "cancelled", "looked at")],
        viewed("1", "only in the cart", views=0),
        viewed("9", "looked at", is_identified=False),
    )
    sold = frame(
        spark,
        order_items.TABLE,
        line("2024-01-02 10:00", "10", "Complete", user_id="1", product_id="bought"),
        line("2024-01-02 10:00", "10", "Returned", user_id="1", product_id="returned"),
        line("2024-01-02 10:00", "10", "Cancelled", user_id="1", product_id="cancelled"),
        line("2024-01-02 10:00", "10", "Complete", user_id="2", product_id="looked at"),
    )
    rows = transform(seen, sold, frame(spark, users.TABLE), frame(spark, products.TABLE))
    assert shown(rows, "user_id", "product_id") == [("1", "cancelled"), ("1", "looked at")]


def test_lost_revenue_is_the_list_price_times_the_rate_of_the_users_group(spark: SparkSession) -> None:
    seen = frame(
        spark,
        product_interest_daily.TABLE,
        viewed("1", "p", views=2),
        viewed("1", "p", views=3, last="2024-01-05 10:00"),
        viewed("2", "p"),
        viewed("2", "q"),
        viewed("3", "q"),
    )
    sold = frame(spark, order_items.TABLE, line("2024-01-02 10:00", "10", user_id="2", product_id="q"))
    people = frame(spark, users.TABLE, *[{"user_id": n, "traffic_source": "Email"} for n in ("1", "2")])
    listed = frame(spark, products.TABLE, {"product_id": "p", "retail_price": Decimal("50")})
    columns = ("user_id", "product_id", "product_views", "user_group", "group_conversion_rate", "estimated_lost_revenue")
    assert shown(transform(seen, sold, people, listed), *columns) == [
        ("1", "p", 5, "Email", 1 / 3, Decimal("16.666667")),
        ("2", "p", 1, "Email", 1 / 3, Decimal("16.666667")),
        ("3", "q", 1, "unknown", 0.0, None),
    ]
