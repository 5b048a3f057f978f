"""What users did by day, from the published facts."""

from datetime import UTC, date, datetime

import pytest
from pyspark.sql import SparkSession

from lakehouse.gold import product_interest_daily
from lakehouse.silver import order_items
from ml.recommendations.history import daily, day_number, last_day
from tests.lakehouse.random_rows import Row, at, day, frame, line, shown
from tests.ml.recommendations.planted import history_of

AS_OF = at("2024-01-10 12:00")


def seen(text: str, product_id: str, is_identified: bool = True, views: int = 1, carts: int = 0) -> Row:
    named = {"activity_date": day(text), "product_id": product_id, "actor_id": "1", "is_identified": is_identified}
    return {**named, "product_views": views, "cart_additions": carts}


@pytest.mark.both_engines
def test_views_carts_and_purchases_of_identified_users_before_the_moment_are_counted_by_day(spark: SparkSession) -> None:
    interest = frame(
        spark,
        product_interest_daily.TABLE,
        seen("2024-01-01", "p", views=2, carts=1),
        seen("2024-01-01", "p", is_identified=False),
        seen("2024-01-10", "q", views=3),
        seen("2024-01-11", "q"),
    )
    lines = frame(
        spark,
        order_items.TABLE,
        line("2024-01-01 23:59", "5", user_id="1", product_id="p"),
        line("2024-01-01 00:00", "0", user_id="1", product_id="p"),
        line("2024-01-10 11:59", "5", "Returned", user_id="2", product_id="p"),
        line("2024-01-10 12:00", "5", user_id="3", product_id="p"),
        line("2024-01-02 10:00", "5", "Cancelled", user_id="1", product_id="p"),
        line("2024-01-02 11:00", "-5", user_id="1", product_id="p"),
        line("2024-01-02 12:00", "5", product_id="p"),
        line("2024-01-02 13:00", "5", user_id="1"),
    )
    first, tenth = day_number(date(2024, 1, 1)), day_number(date(2024, 1, 10))

    assert shown(daily(interest, lines, AS_OF)) == [
        ("1", "p", first, 2, 1, 2, 2),
        ("1", "p", first + 1, 0, 0, 1, 0),
        ("1", "q", tenth, 3, 0, 0, 0),
        ("2", "p", tenth, 0, 0, 1, 1),
    ]


def test_the_day_of_a_midnight_has_no_moment_before_it() -> None:
    assert last_day(AS_OF) == date(2024, 1, 10)
    assert last_day(datetime(2024, 1, 10, tzinfo=UTC)) == date(2024, 1, 9)


def test_a_history_has_the_same_positions_whatever_the_order_of_its_rows() -> None:
    did = [("b", "q", 5, 1, 0, 0), ("a", "q", 7, 2, 0, 0), ("a", "p", 9, 0, 0, 1), ("a", "q", 3, 0, 1, 0)]
    once, again = history_of(did, ["c", "a"]), history_of(reversed(did), ["c"])

    assert once.users.to_pylist() == again.users.to_pylist() == ["a", "b", "c"]
    assert once.products.to_pylist() == ["p", "q"]
    for name in ("user", "product", "day"):
        assert getattr(once, name).tolist() == getattr(again, name).tolist()
    assert once.day.tolist() == [9, 3, 7, 5]
    assert once.counts["views"].tolist() == again.counts["views"].tolist() == [0, 0, 2, 1]
