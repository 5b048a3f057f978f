"""Rows of silver for tests: shown ones as DataFrames, and random ones with all that is odd in real data.

A row is a mapping from column to value; a column that is not named is null. Timestamps are UTC.
"""

import random
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse.silver import events, order_items, products, users
from libs.tables import Table

Row = Mapping[str, Any]
SILVER = {"events": events.TABLE, "users": users.TABLE, "products": products.TABLE, "order_items": order_items.TABLE}
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 75


def frame(spark: SparkSession, table: Table, *rows: Row) -> DataFrame:
    """The rows as the table declares them."""
    unknown = {name for row in rows for name in row} - set(table.column_names)
    assert not unknown, f"{table.name} has no column {unknown}"
    return spark.createDataFrame([tuple(row.get(n) for n in table.column_names) for row in rows], table.schema)


def shown(rows: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The rows' `columns` (all by default) in a fixed order, timestamps as UTC without a zone."""
    found = rows.select(*(columns or rows.columns)).toArrow().to_pylist()
    return in_order(tuple(_plain(value) for value in row.values()) for row in found)


def in_order(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows sorted by all their values, nulls first."""
    return sorted(rows, key=lambda row: [(value is not None, value if value is not None else 0) for value in row])


def _plain(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def at(text: str) -> datetime:
    """`2024-01-31 23:59` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> date:
    """`2024-01-31`."""
    return date.fromisoformat(text)


def event(text: str, event_type: str = "view", **columns: Any) -> Row:
    """An event at `text`, with its date."""
    occurred_at = at(text)
    return {"occurred_at": occurred_at, "event_date": occurred_at.date(), "event_type": event_type, "source": "a", **columns}


def line(text: str, price: str, status: str = "Complete", **columns: Any) -> Row:
    """An order line of one unit, sold at `text` for `price`."""
    known = {"sold_at": at(text), "sale_price": Decimal(price), "status": status}
    quantity = Decimal(columns.pop("quantity", 1))
    return {**known, "order_item_id": f"{text} {price} {status}", "quantity": quantity, **columns}


def random_silver(seed: int) -> dict[str, list[Row]]:
    """Rows of every table of SILVER: few users and products, so that they meet often, on clustered days with gaps."""
    chance = random.Random(seed)
    days = chance.sample(range(DAYS), 12)
    user_ids = [str(n) for n in range(9)]
    return {
        "users": [_user(chance, user_id) for user_id in user_ids[:-1]],
        "products": [_product(chance, str(n)) for n in range(7)],
        "events": [_event(chance, n, days, user_ids) for n in range(400)],
        "order_items": [_line(chance, n, days, user_ids) for n in range(120)],
    }


def _moment(chance: random.Random, days: list[int]) -> datetime:
    """Often a full hour, midnight included, so that moments coincide."""
    micros = chance.choice([0, 0, 0, chance.randrange(3_600_000_000)])
    return FIRST_DAY + timedelta(days=chance.choice(days), hours=chance.randrange(24), microseconds=micros)


def _user(chance: random.Random, user_id: str) -> Row:
    signed_up = FIRST_DAY + timedelta(days=chance.randrange(-30, 10))
    return {"user_id": user_id, "created_at": signed_up, "traffic_source": chance.choice(["Email", "Search", None])}


def _product(chance: random.Random, product_id: str) -> Row:
    price = chance.choice([Decimal("9.99"), Decimal("20"), Decimal("0.000001"), None])
    category = chance.choice(["Jeans", "Socks", None])
    return {"product_id": product_id, "name": f"product {product_id}", "category": category, "retail_price": price}


def _event(chance: random.Random, number: int, days: list[int], user_ids: list[str]) -> Row:
    """One of 40 sessions; most of a session's events agree on the day and on who, where and with what."""
    session = chance.randrange(40)
    usual, odd = random.Random(session), chance
    by = {name: usual if chance.random() < 0.95 else odd for name in ("day", "who", "visitor", "device", "country", "source")}
    occurred_at = _moment(chance, [by["day"].choice(days)])
    return {
        "source": usual.choice("ab"),
        "event_id": str(number),
        "user_id": by["who"].choice([None, *user_ids]),
        "anonymous_id": by["visitor"].choice([None, "visitor 1", "visitor 2", "1"]),
        "session_id": None if session == 0 else f"session {session}",
        "event_type": chance.choice(["page_view", "view", "view", "add_to_cart", "purchase", "cancel", "scroll"]),
        "occurred_at": occurred_at,
        "event_date": occurred_at.date(),
        "sequence_number": chance.choice([None, 1, 2, 3]),
        "product_id": chance.choice([None, *map(str, range(8))]),
        "device": by["device"].choice([None, "Chrome", "Safari"]),
        "country": by["country"].choice([None, "Brasil", "China"]),
        "traffic_source": by["source"].choice([None, "Email", "Search"]),
        "page": chance.choice([None, "/home", "/cart", f"/product/{number % 5}"]),
    }


def _line(chance: random.Random, number: int, days: list[int], user_ids: list[str]) -> Row:
    is_credit_note = chance.random() < 0.1
    # Some are more than a column of single amounts holds once they are added up.
    price = chance.choice([Decimal(chance.randrange(100_000_000)) / 1_000_000] * 9 + [Decimal("600000000000.25")])
    is_discount = not is_credit_note and chance.random() < 0.1
    quantity = Decimal(chance.choice(["1", "2", "3", "0", "0.5"]))
    order = chance.randrange(60)
    return {
        "order_item_id": str(number),
        "order_id": str(order),
        "user_id": chance.choice([None, user_ids[order % 9], user_ids[order % 9], user_ids[order % 9]]),
        "product_id": chance.choice([None, *map(str, range(9))]),
        "status": chance.choice(["Returned"] if is_credit_note else ["Complete", "Shipped", "Cancelled", "Returned"]),
        "quantity": -quantity if is_credit_note else quantity,
        "sale_price": -price if is_credit_note or is_discount else price,
        "cost": chance.choice([None, round(price / 2, 6), round(price / 3, 6)]),
        "sold_at": _moment(chance, days),
    }
