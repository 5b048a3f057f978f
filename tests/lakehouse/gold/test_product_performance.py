"""Views, sales, returns and rates of each product."""

from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.gold import product_interest_daily
from lakehouse.gold.product_performance import TABLE, transform
from lakehouse.silver import order_items, products
from tests.lakehouse.random_rows import Row, day, frame, line, shown


def interest(date: str, actor_id: str | None, is_identified: bool = True, **columns: object) -> Row:
    known = {"activity_date": day(date), "product_id": "p", "actor_id": actor_id, "is_identified": is_identified}
    return {**known, "product_views": 0, "cart_additions": 0, **columns}


def test_viewers_and_buyers_are_distinct_actors(spark: SparkSession) -> None:
    seen = frame(
        spark,
        product_interest_daily.TABLE,
        interest("2024-01-01", "1", product_views=2),
        interest("2024-01-02", "1", product_views=1, cart_additions=1),
        interest("2024-01-01", "1", False, product_views=1),
        interest("2024-01-01", "2", cart_additions=4),
        interest("2024-01-01", "3", product_views=1),
        interest("2024-01-01", None, False, product_views=1),
    )
    bought = frame(
        spark,
        order_items.TABLE,
        line("2024-01-01 10:00", "10", product_id="p", user_id="1"),
        line("2024-01-02 10:00", "10", product_id="p", user_id="1"),
        line("2024-01-02 10:00", "10", "Cancelled", product_id="p", user_id="3"),
    )
    rows = transform(frame(spark, products.TABLE), seen, bought)
    columns = ("product_id", "product_views", "viewers", "cart_additions", "buyers", "conversion_rate")
    assert shown(rows, *columns) == [("p", 6, 3, 5, 1, 1 / 3)]


def test_a_credit_note_counts_as_returned_units(spark: SparkSession) -> None:
    bought = frame(
        spark,
        order_items.TABLE,
        line("2024-01-01 10:00", "40", product_id="p", quantity=4, cost=Decimal(10)),
        line("2024-01-01 10:00", "20", "Returned", product_id="p", quantity=2, cost=Decimal(5)),
        line("2024-01-01 10:00", "30", "Cancelled", product_id="p", quantity=3, cost=Decimal(5)),
        line("2024-01-03 10:00", "-10", "Returned", product_id="p", quantity=-1, cost=Decimal("-2.5")),
    )
    rows = transform(frame(spark, products.TABLE), frame(spark, product_interest_daily.TABLE), bought)
    columns = ("units_sold", "units_returned", "gross_revenue", "net_revenue", "profit", "return_rate", "conversion_rate")
    assert shown(rows, *columns) == [(6, 3, Decimal(60), Decimal(30), Decimal("22.5"), 0.5, None)]


def test_a_product_that_nobody_wants_has_zeros_and_no_rates(spark: SparkSession) -> None:
    for_sale = frame(spark, products.TABLE, {"product_id": "p", "name": "Socks", "category": "Hosiery"})
    rows = transform(for_sale, frame(spark, product_interest_daily.TABLE), frame(spark, order_items.TABLE))
    columns = ("product_id", "name", "category", "product_views", "viewers", "buyers", "profit", "conversion_rate", "return_rate")
    assert shown(rows, *columns) == [("p", "Socks", "Hosiery", 0, 0, 0, Decimal(0), None, None)]


def test_a_line_that_was_edited_down_to_no_units_is_no_fault(spark: SparkSession) -> None:
    """Its buyer bought nothing of it; that is told, and publishes."""
    lines = [
        line("2024-01-01 10:00", "20", product_id="a", user_id="1", quantity=2),
        line("2024-01-01 10:01", "0", product_id="b", user_id="1", quantity=0),
        line("2024-01-01 10:02", "5", product_id="c", user_id="2", quantity="0.5"),
    ]
    made = transform(
        frame(spark, products.TABLE), frame(spark, product_interest_daily.TABLE), frame(spark, order_items.TABLE, *lines)
    )
    assert shown(made, "product_id", "units_sold", "gross_revenue", "buyers", "return_rate") == [
        ("a", 2, 20, 1, 0.0),
        ("b", 0, 0, 1, None),
        ("c", Decimal("0.5"), 5, 1, 0.0),
    ]
    broken = {e.condition: made.where(f"not ({e.condition})").count() for e in TABLE.expectations if e.severity == "fail"}
    assert set(broken.values()) == {0}
    told = [made.where(f"not ({e.condition})").count() for e in TABLE.expectations if e.severity == "warn"]
    assert told == [1, 0, 0]
