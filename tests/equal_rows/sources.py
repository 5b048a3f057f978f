"""Random rows of any declared table by the types of its columns, for transforms that read tables which others compute."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from libs.tables import BOOLEAN, DATE, DOUBLE, INTEGER, LONG, MONEY, STRING, TIMESTAMP, TOTAL, Table
from tests.equal_rows.awkward import LARGEST, SMALLEST, STARTS, TEXTS
from tests.lakehouse.random_rows import Row

ROWS = 300
STRETCH = 130
DOUBLES = (0.0, -0.0, 1.5, -1e300, 5e-324, 0.1, float("nan"), float("inf"), float("-inf"))
COUNTS = (0, 0, 1, 2, 3, 12, 14, 20, 30, 1000)


def random_table(table: Table, seed: int) -> list[Row]:
    """Rows with unique keys; nulls where the declaration allows them, but not in the time by which a table is cut."""
    chance = random.Random(f"{table.name} {seed}")
    days = _days(random.Random(seed))
    rows = [_row(table, chance, days) for _ in range(0 if chance.random() < 0.03 else ROWS)]
    return list({tuple(row[name] for name in table.primary_key): row for row in rows}.values())


def _days(chance: random.Random) -> Sequence[date]:
    """A stretch without gaps, and the days around two odd dates."""
    start, *odd = chance.sample(STARTS, 3)
    return [start + timedelta(n) for n in range(STRETCH)] * 2 + [first + timedelta(n) for first in odd for n in range(50)]


def _row(table: Table, chance: random.Random, days: Sequence[date]) -> Row:
    day = chance.choice(days)
    row = {c.name: _VALUES[c.type](chance, day) for c in table.columns}
    fixed = {*table.primary_key, table.event_time, table.slice_column}
    nullable = [c.name for c in table.columns if c.nullable and (c.name not in fixed or c.type == STRING)]
    return row | {name: None for name in nullable if chance.random() < 0.08}


def _moment(chance: random.Random, day: date) -> datetime:
    """Often midnight, the last microsecond of the day, or a full hour, so that moments coincide."""
    micros = chance.choice([0, 86_400_000_000 - 1, 3_600_000_000 * chance.randrange(24), chance.randrange(86_400_000_000)])
    return datetime.combine(day, time(), UTC) + timedelta(microseconds=micros)


def _amount(chance: random.Random, day: date) -> Decimal:
    """At the bounds on one odd day alone; sums of other days stay far from them."""
    if day == STARTS[0]:
        return chance.choice([LARGEST, -LARGEST]) / ROWS
    return chance.choice([Decimal(0), SMALLEST, -SMALLEST, Decimal(chance.randrange(-(10**9), 10**9)) / 1000])


_VALUES: Mapping[str, Callable[[random.Random, date], Any]] = {
    STRING: lambda chance, day: chance.choice(TEXTS),
    LONG: lambda chance, day: chance.choice(COUNTS),
    INTEGER: lambda chance, day: chance.choice(COUNTS),
    BOOLEAN: lambda chance, day: chance.random() < 0.5,
    DOUBLE: lambda chance, day: chance.choice(DOUBLES) if chance.random() < 0.1 else chance.uniform(-5, 50),
    DATE: lambda chance, day: day,
    TIMESTAMP: _moment,
    MONEY: _amount,
    TOTAL: _amount,
}
