"""Views and carts of products by day and actor."""

from pyspark.sql import SparkSession

from lakehouse.gold.product_interest_daily import transform
from lakehouse.silver import events
from tests.lakehouse.random_rows import at, day, event, frame, shown


def test_the_actor_is_the_user_else_the_visitor_even_where_their_ids_are_equal(spark: SparkSession) -> None:
    rows = frame(
        spark,
        events.TABLE,
        event("2024-01-01 10:00", user_id="1", anonymous_id="v", product_id="p"),
        event("2024-01-01 10:05", user_id="1", anonymous_id="w", product_id="p"),
        event("2024-01-01 11:00", user_id=None, anonymous_id="1", product_id="p"),
        event("2024-01-02 00:00", user_id="1", product_id="p"),
    )
    columns = ("activity_date", "product_id", "actor_id", "is_identified", "product_views", "last_viewed_at")
    moments = {t: at(t).replace(tzinfo=None) for t in ("2024-01-01 10:05", "2024-01-01 11:00", "2024-01-02 00:00")}
    assert shown(transform(rows), *columns) == [
        (day("2024-01-01"), "p", "1", False, 1, moments["2024-01-01 11:00"]),
        (day("2024-01-01"), "p", "1", True, 2, moments["2024-01-01 10:05"]),
        (day("2024-01-02"), "p", "1", True, 1, moments["2024-01-02 00:00"]),
    ]


def test_only_views_and_carts_of_a_product_count_and_a_cart_is_no_view(spark: SparkSession) -> None:
    rows = frame(
        spark,
        events.TABLE,
        event("2024-01-01 10:00", "add_to_cart", user_id="1", product_id="p"),
        event("2024-01-01 10:01", "purchase", user_id="1", product_id="p"),
        event("2024-01-01 10:02", "view", user_id="1", product_id=None),
    )
    columns = ("product_id", "product_views", "cart_additions", "first_viewed_at", "last_viewed_at")
    assert shown(transform(rows), *columns) == [("p", 0, 1, None, None)]
