"""Malformed product events in a known number: copies of clean rows with a new id and one invalid field."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from lakehouse.synthetic.flaws import FIRST_MALFORMED_ID
from lakehouse.synthetic.rows import Rows, on_time

# The values that replace those of a copy, by the reason that quarantine must give.
SPOILED: Mapping[str, Mapping[str, str | float | None]] = {
    "bad_occurred_at": {"timestamp": "2025-13-45T99:61:00Z"},
    "missing_event_id": {"event_id": None},
    # Decades ahead, so that it is more than the tolerance after any time of arrival.
    "future": {"timestamp": "2099-06-01T12:00:00Z"},
    "negative_amount": {"amount": -19.99},
    "no_actor": {"user_id": None, "anonymous_id": None},
    "missing_event_type": {"event_type": None},
}


def malformed_events(rng: np.random.Generator, clean: Rows, numbers: np.ndarray) -> dict[str, Rows]:
    """Malformed copies of `clean` rows by reason, one for each of the running `numbers`, which make their ids unique."""
    spoiled = {}
    for position, (reason, values) in enumerate(SPOILED.items()):
        # Kinds rotate by the running numbers, so that small chunks together have all of them.
        own = numbers[numbers % len(SPOILED) == position]
        if len(own):
            copies = clean.take(np.sort(rng.integers(0, clean.count, len(own))))
            spoiled[reason] = on_time(_spoil(copies.table, values, own), copies.arrival_day)
    return spoiled


def _spoil(table: pa.Table, values: Mapping[str, str | float | None], numbers: np.ndarray) -> pa.Table:
    spoiled = {"event_id": pa.array(FIRST_MALFORMED_ID + numbers)}
    for name, value in values.items():
        kind = table.schema.field(name).type
        spoiled[name] = pa.array([str(value) if pa.types.is_string(kind) and value is not None else value] * len(numbers), kind)
    for name, column in spoiled.items():
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return table
