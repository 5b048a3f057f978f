"""Flaws in a known number: late events, exact duplicates, and malformed rows, each of one known kind.

Flaws are added to the clean rows and replace none: the valid unique rows are the clean ones. A malformed row is a copy of
a clean one with a new id and one invalid field.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lakehouse.synthetic.parameters import Parameters
from lakehouse.synthetic.rows import Rows, on_time

LONGEST_DAYS_LATE = 5
LONGEST_DAYS_TO_DUPLICATE = 2
# Shares of theLook's tables when duplicates are asked for as a number of rows; another source has one table.
DUPLICATE_SHARES = {"events": 0.7, "orders": 0.1, "order_items": 0.1, "users": 0.05, "inventory_items": 0.05}
FIRST_MALFORMED_ID = 1_000_000_000
UNKNOWN_USER_ID = 2_000_000_000
KEYS = {"users": "id", "events": "id", "orders": "order_id", "order_items": "id"}


@dataclass(frozen=True)
class Malformation:
    """One kind of malformed row: `column` of `table` gets `value`; `reason` is the code to expect in quarantine."""

    table: str
    reason: str
    column: str
    value: str | int | None


MALFORMATIONS = (
    Malformation("events", "unparsable_timestamp", "created_at", "2025-13-45 99:61:00"),
    Malformation("order_items", "negative_sale_price", "sale_price", "-19.99"),
    Malformation("orders", "unknown_status", "status", "Teleported"),
    Malformation("events", "missing_key", "id", None),
    # Decades ahead, so that it is more than the tolerance after any time of arrival.
    Malformation("events", "future", "created_at", "2099-06-01 12:00:00"),
    Malformation("order_items", "non_numeric_price", "sale_price", "twelve"),
    Malformation("orders", "unknown_user", "user_id", UNKNOWN_USER_ID),
    Malformation("orders", "unparsable_timestamp", "created_at", "not recorded"),
    Malformation("orders", "missing_key", "order_id", None),
    Malformation("order_items", "unknown_status", "status", "Teleported"),
    Malformation("order_items", "missing_key", "id", None),
    Malformation("users", "unparsable_timestamp", "created_at", "yesterday"),
    Malformation("users", "missing_key", "id", None),
)


@dataclass(frozen=True)
class Chunk:
    """The chunk of users that gets malformed rows."""

    number: int
    parameters: Parameters

    def portion(self, amount: float, rows: int) -> int:
        """How many of `rows` get a flaw: a share of them, or this chunk's part of a number for the whole export."""
        if amount < 1:
            return round(amount * rows)
        chunks, total = self.parameters.chunks, int(amount)
        return total * (self.number + 1) // chunks - total * self.number // chunks


def delay_events(rng: np.random.Generator, events: Rows, chunk: Chunk) -> Rows:
    """The events, some of which arrive one to five days after their own day, but within the span."""
    last_day = chunk.parameters.end_day - 1
    eligible = np.flatnonzero(events.arrival_day < last_day)
    count = min(chunk.portion(chunk.parameters.late, events.count), len(eligible))
    late = rng.choice(eligible, count, replace=False)
    arrival_day, is_late = events.arrival_day.copy(), events.is_late.copy()
    delayed = arrival_day[late] + rng.integers(1, LONGEST_DAYS_LATE + 1, count)
    arrival_day[late] = np.minimum(delayed, last_day)
    is_late[late] = True
    return Rows(events.table, arrival_day, is_late)


def malformed_rows(clean: dict[str, Rows], chunk: Chunk) -> int:
    """How many malformed rows a chunk with these `clean` rows gets."""
    return chunk.portion(chunk.parameters.malformed, sum(clean[table].count for table in KEYS))


def duplicates(rng: np.random.Generator, rows: Rows, table: str, chunk: Chunk) -> Rows:
    """Exact copies of some `rows` of `table`, which arrive with the original or up to two days later."""
    amount = chunk.parameters.duplicates
    if amount >= 1 and table in DUPLICATE_SHARES:
        amount = _whole_number(amount, table)
    count = chunk.portion(amount, rows.count) if rows.count and amount else 0
    copies = rows.take(np.sort(rng.integers(0, max(rows.count, 1), count)))
    arrival_day = copies.arrival_day + rng.integers(0, LONGEST_DAYS_TO_DUPLICATE + 1, count)
    return Rows(copies.table, np.minimum(arrival_day, chunk.parameters.end_day - 1), copies.is_late)


def malformed(rng: np.random.Generator, clean: dict[str, Rows], numbers: np.ndarray) -> list[tuple[Malformation, Rows]]:
    """Malformed copies of `clean` rows, one for each of the running `numbers`, which make their ids unique."""
    spoiled = []
    for position, kind in enumerate(MALFORMATIONS):
        # Kinds rotate by the running numbers, so that small chunks together have all of them.
        own = numbers[numbers % len(MALFORMATIONS) == position]
        originals = clean[kind.table]
        if len(own) and originals.count:
            copies = originals.take(np.sort(rng.integers(0, originals.count, len(own))))
            spoiled.append((kind, on_time(_spoil(copies.table, kind, own), copies.arrival_day)))
    return spoiled


def _whole_number(amount: float, table: str) -> float:
    others = sum(round(amount * share) for name, share in DUPLICATE_SHARES.items() if name != "events")
    return amount - others if table == "events" else round(amount * DUPLICATE_SHARES[table])


def _spoil(table: pa.Table, kind: Malformation, numbers: np.ndarray) -> pa.Table:
    key = KEYS[kind.table]
    table = _with_column(table, key, pa.array(FIRST_MALFORMED_ID + numbers))
    kind_of_value = table.schema.field(kind.column).type
    return _with_column(table, kind.column, pa.array([kind.value] * len(numbers), kind_of_value))


def _with_column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, values)
