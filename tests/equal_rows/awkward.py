"""Random rows of silver with what real data seldom have: odd text, nulls, days before 1970, leap days, amounts at the bounds.

Rows come from `random_rows`; here their text, days and amounts are replaced, equal ones by equal ones, so that they still meet.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from libs.tables import MONEY, Table
from tests.lakehouse.random_rows import DAYS, FIRST_DAY, SILVER, Row, random_silver

TEXTS = (
    "",
    " ",
    "ß",
    "Ünï",
    "日本語",
    "😀",
    "￿",
    "O'Brien",
    'say "hi"',
    "back\\slash",
    "two\nlines",
    "é",
    "e\u0301",
    "%_",
    "null",
)
# Where the calendar is odd: 1970 and before, a leap day, the ISO week 53, the year ends, the first leap day of a century.
STARTS = (date(1969, 12, 5), date(2024, 1, 20), date(2020, 11, 20), date(2023, 11, 25), date(1999, 12, 20), date(1900, 2, 1))
LARGEST = Decimal("999999999999.999999")
SMALLEST = Decimal("0.000001")
IDS = ("user_id", "anonymous_id", "session_id", "product_id", "order_id")
KINDS = ("device", "country", "traffic_source", "page", "category", "brand", "name", "department", "properties")


def awkward_silver(seed: int) -> dict[str, list[Row]]:
    """Rows of each table of SILVER by its full name; every fifth seed has one table without rows."""
    chance = random.Random(seed)
    rows = {name: list(found) for name, found in random_silver(seed).items()}
    if seed % 5 == 4:
        rows[chance.choice(list(rows))] = []
    calendar, text = _Calendar(chance), _Text(chance)
    made = {SILVER[name].name: [_awkward(SILVER[name], row, chance, calendar, text) for row in rows[name]] for name in rows}
    if seed % 3 == 2:
        _set_bounds(made, chance)
    return made


def moment(rows: Mapping[str, Sequence[Row]], seed: int) -> datetime:
    """A moment that figures are as of: at, between or long after events."""
    chance = random.Random(-1 - seed)
    seen = sorted(row["occurred_at"] for row in rows["silver.events"]) or [FIRST_DAY]
    late = seen[-1] + timedelta(days=chance.randrange(1, 60), hours=chance.randrange(24))
    return chance.choice([late, late, seen[-len(seen) // 4], datetime.combine(late.date(), datetime.min.time(), UTC)])


class _Calendar:
    """Moves the days of `random_rows` into two odd parts of the calendar."""

    def __init__(self, chance: random.Random) -> None:
        self.starts = sorted(chance.sample(STARTS, 2))
        self.cut = chance.randrange(DAYS)

    def moved(self, at: datetime) -> datetime:
        start = self.starts[(at - FIRST_DAY).days > self.cut]
        return at + (datetime.combine(start, datetime.min.time(), UTC) - FIRST_DAY)


class _Text:
    """Replaces ids and names by odd text, equal ones by equal ones."""

    def __init__(self, chance: random.Random) -> None:
        self.texts = chance.sample(TEXTS, len(TEXTS))

    def replaced(self, text: str) -> str:
        number = sum(map(ord, text))
        return f"{self.texts[number % len(TEXTS)]}{number}" if number % 3 else self.texts[number % len(TEXTS)]


def _awkward(table: Table, row: Row, chance: random.Random, calendar: _Calendar, text: _Text) -> Row:
    found: dict[str, Any] = dict(row)
    for name, value in row.items():
        if isinstance(value, datetime):
            found[name] = calendar.moved(value)
        elif name in IDS + KINDS and isinstance(value, str) and name not in table.primary_key:
            found[name] = text.replaced(value)
    found |= {name: text.replaced(row[name]) + f"/{row[name]}" for name in table.primary_key if name not in IDS}
    found |= {name: text.replaced(row[name]) for name in table.primary_key if name in IDS}
    found |= {c.name: _amount(chance) for c in table.columns if c.type == MONEY and c.name not in row}
    found |= {c.name: None for c in table.columns if c.nullable and c.name != table.event_time and chance.random() < 0.03}
    if "event_date" in row:
        found["event_date"] = found["occurred_at"].date()
    return found


def _amount(chance: random.Random) -> Decimal | None:
    return chance.choice([None, Decimal(0), SMALLEST, -SMALLEST, Decimal(chance.randrange(-(10**9), 10**9)) / 1000])


def _set_bounds(rows: dict[str, list[Row]], chance: random.Random) -> None:
    """One line has the largest price, all others small ones of the other sign, so that no sum exceeds the bounds."""
    sign = chance.choice([1, -1])
    for name in ("silver.order_items", "silver.products"):
        money = [c.name for c in next(t for t in SILVER.values() if t.name == name).columns if c.type == MONEY]
        small = [dict(row) | {n: chance.choice([None, Decimal(0), -sign * SMALLEST]) for n in money} for row in rows[name]]
        if small:
            small[0] |= dict.fromkeys(money) | {"sale_price": sign * LARGEST, "retail_price": LARGEST}
        known = next(t for t in SILVER.values() if t.name == name).column_names
        rows[name] = [{n: v for n, v in row.items() if n in known} for row in small]
