"""Revenue by the day of the sale."""

from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.gold.revenue_daily import transform
from lakehouse.silver import order_items
from tests.lakehouse.random_rows import day, frame, line, shown


def test_cancelled_lines_are_no_sale_and_returned_ones_earn_nothing(spark: SparkSession) -> None:
    lines = frame(
        spark,
        order_items.TABLE,
        line("2024-01-01 00:00", "10.50", order_id="a", user_id="1", cost=Decimal(4)),
        line("2024-01-01 23:59", "20.25", "Returned", order_id="b", user_id="1", cost=Decimal(9), quantity=2),
        line("2024-01-01 12:00", "99.99", "Cancelled", order_id="c", user_id="2", cost=Decimal(50)),
        line("2024-01-01 12:00", "5", order_id="d", user_id=None, cost=None),
    )
    columns = ("orders", "buyers", "order_lines", "units_sold", "units_returned", "gross_revenue", "net_revenue", "profit", "aov")
    [row] = shown(transform(lines), *columns)
    assert row == (3, 1, 3, 4, 2, Decimal("35.75"), Decimal("15.5"), Decimal("6.5"), 7.75)


def test_a_credit_note_is_taken_off_on_its_own_day_and_is_no_order(spark: SparkSession) -> None:
    lines = frame(
        spark,
        order_items.TABLE,
        line("2024-01-01 10:00", "10", order_id="a", user_id="1"),
        line("2024-01-05 10:00", "-10", "Returned", order_id="credit", user_id="1", quantity=-3),
    )
    columns = ("order_date", "orders", "buyers", "order_lines", "units_returned", "gross_revenue", "net_revenue", "profit", "aov")
    assert shown(transform(lines), *columns) == [
        (day("2024-01-01"), 1, 1, 1, 0, Decimal(10), Decimal(10), None, 10.0),
        (day("2024-01-05"), 0, 0, 0, 3, Decimal(0), Decimal(-10), None, None),
    ]


def test_an_order_counts_for_its_value_where_as_much_came_back_that_day(spark: SparkSession) -> None:
    lines = frame(
        spark,
        order_items.TABLE,
        line("2024-01-01 10:00", "10", order_id="a", user_id="1"),
        line("2024-01-01 11:00", "-10", "Returned", order_id="credit", user_id="2", quantity=-1),
        line("2024-01-02 11:00", "0", order_id="gift", user_id="2"),
    )
    columns = ("order_date", "orders", "paying_orders", "net_revenue", "aov")
    assert shown(transform(lines), *columns) == [
        (day("2024-01-01"), 1, 1, Decimal(0), 0.0),
        (day("2024-01-02"), 1, 0, Decimal(0), None),
    ]


def test_sums_may_be_larger_than_any_of_their_parts(spark: SparkSession) -> None:
    """A single amount has twelve digits before the point, a day of them more."""
    sales = [line("2024-01-01 10:00", "600000000000.25", order_id=str(n), user_id="1", order_item_id=str(n)) for n in range(25)]
    made = transform(frame(spark, order_items.TABLE, *sales))
    columns = ("orders", "gross_revenue", "net_revenue", "aov")
    assert shown(made, *columns) == [(25, Decimal("15000000000006.25"), Decimal("15000000000006.25"), 600000000000.25)]


def test_a_line_of_no_units_a_gift_and_half_a_kilogram_are_sales(spark: SparkSession) -> None:
    lines = frame(
        spark,
        order_items.TABLE,
        line("2024-01-01 10:00", "0", order_id="a", user_id="1", quantity=0),
        line("2024-01-01 10:01", "0", order_id="b", user_id="2", quantity=1),
        line("2024-01-01 10:02", "5", order_id="c", user_id="3", quantity="0.5"),
    )
    columns = ("orders", "buyers", "order_lines", "units_sold", "gross_revenue", "aov")
    assert shown(transform(lines), *columns) == [(3, 3, 3, Decimal("1.5"), Decimal(5), 5.0)]


def test_a_discount_line_reduces_gross_and_net_revenue_and_is_no_sale_of_its_own(spark: SparkSession) -> None:
    lines = frame(
        spark,
        order_items.TABLE,
        line("2024-01-01 10:00", "20", order_id="a", user_id="1"),
        line("2024-01-01 10:00", "-5", order_id="a", user_id="1", quantity=1),
        line("2024-01-01 10:00", "-7", "Cancelled", order_id="a", user_id="1"),
        line("2024-01-02 10:00", "-3", "Shipped", order_id="voucher", user_id="2"),
    )
    columns = ("order_date", "orders", "order_lines", "units_sold", "gross_revenue", "net_revenue")
    assert shown(transform(lines), *columns) == [
        (day("2024-01-01"), 1, 1, 1, Decimal(15), Decimal(15)),
        (day("2024-01-02"), 0, 0, 0, Decimal(-3), Decimal(-3)),
    ]
