"""What the models see of each buyer, from order lines with all that is odd in them; the same on both engines."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from lakehouse.definitions.commerce import IS_SALE, NET_REVENUE
from lakehouse.silver import order_items
from ml.value.purchases import buyers, purchase_days
from tests.lakehouse.random_rows import Row, day, frame, line, random_silver, shown
from tests.ml.value import cdnow

CUTOFF = day("2024-02-01")
RECOMPUTED = f"""
with lines as (
    select *, coalesce(order_id, 'line ' || order_item_id) as one from items
    where user_id is not null and sold_at < timestamp '{CUTOFF}'
), orders as (
    select user_id, coalesce(min(sold_at) filter ({IS_SALE}), min(sold_at))::date as d, bool_or({IS_SALE}) as bought,
        sum({NET_REVENUE}) as net from lines group by user_id, one
), firsts as (select user_id, min(d) as first from orders where bought group by user_id)
select user_id, count(distinct d) filter (bought) - 1, max(d) filter (bought) - first, date '{CUTOFF}' - first - 1,
    coalesce(sum(net) filter (d > first), 0)::double
from orders join firsts using (user_id) group by user_id, first order by user_id
"""


def seen(spark: SparkSession, *rows: Row) -> list[tuple[object, ...]]:
    items = frame(spark, order_items.TABLE, *rows)
    return shown(buyers(purchase_days(items, CUTOFF), CUTOFF))


@pytest.mark.both_engines
def test_days_with_an_order_count_once_and_what_is_no_sale_does_not(spark: SparkSession) -> None:
    def of(user: str, text: str, price: str, status: str = "Complete", order: str | None = None) -> dict[str, object]:
        return {**line(text, price, status), "user_id": user, "order_id": order, "order_item_id": f"{user} {text} {price}"}

    found = seen(
        spark,
        # Two orders of one day, one line of the next day, and what a return leaves of the last.
        of("again", "2024-01-01 10:00", "5", order="1"),
        of("again", "2024-01-01 23:59", "7", order="2"),
        of("again", "2024-01-02 00:00", "8", order="3"),
        of("again", "2024-01-20 10:00", "9", "Returned", order="4"),
        of("again", "2024-01-20 10:00", "4", order="4"),
        # Lines of one order are of its day, whenever they are sold.
        of("long order", "2024-01-05 10:00", "5", order="5"),
        of("long order", "2024-01-09 10:00", "5", order="5"),
        # A credit note lowers what was spent and is no purchase; one before the first purchase is of nothing that is known.
        of("credited", "2024-01-01 09:00", "-1", "Returned", order="6"),
        of("credited", "2024-01-03 09:00", "10", order="7"),
        of("credited", "2024-01-10 09:00", "20", order="8"),
        of("credited", "2024-01-12 09:00", "-25", "Returned", order="9"),
        # Lines without an order are one each.
        of("no order", "2024-01-30 09:00", "1"),
        of("no order", "2024-01-31 09:00", "2"),
        of("only cancelled", "2024-01-10 09:00", "20", "Cancelled", order="10"),
        of("only credited", "2024-01-10 09:00", "-20", "Returned", order="11"),
        of("later", "2024-02-01 00:00", "20", order="12"),
        {**of("nobody", "2024-01-01 10:00", "5"), "user_id": None},
    )

    assert found == [
        ("again", 2, 19, 30, 12.0),
        ("credited", 1, 7, 28, -5.0),
        ("long order", 0, 0, 26, 0.0),
        ("no order", 1, 1, 1, 2.0),
    ]


@pytest.mark.both_engines
@pytest.mark.parametrize("seed", range(3))
def test_random_lines_give_what_duckdb_computes(spark: SparkSession, seed: int) -> None:
    rows = random_silver(seed)["order_items"]
    with duckdb.connect() as database:
        columns = {
            name: [row.get(name) for row in rows] for name in ("user_id", "order_id", "order_item_id", "status", "sale_price")
        }
        moments = pa.array([row["sold_at"].replace(tzinfo=None) for row in rows], pa.timestamp("us"))
        database.register("items", pa.table({**columns, "sold_at": moments}))
        expected = database.execute(RECOMPUTED).fetchall()

    assert len(expected) > 5
    assert seen(spark, *rows) == expected


@pytest.mark.both_engines
@pytest.mark.reference_data
def test_the_histories_of_cdnow(spark: SparkSession, reference_data: Path) -> None:
    items = frame(spark, order_items.TABLE, *cdnow.order_lines(reference_data))
    found = {row[0]: row[1:] for row in shown(buyers(purchase_days(items, cdnow.CUTOFF), cdnow.CUTOFF))}
    known = cdnow.summaries(cdnow.purchases(reference_data))

    assert {user: row[:3] for user, row in found.items()} == {user: row[:3] for user, row in known.items()}
    assert all(row[3] == float(known[user][3]) for user, row in found.items())


def test_no_lines_are_no_buyers(spark: SparkSession) -> None:
    assert seen(spark) == []
