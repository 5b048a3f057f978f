"""Rows to be written: a table and, for each row, when it arrives and whether that is late."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa


@dataclass(frozen=True)
class Rows:
    """Rows of one table; `arrival_day` is in days since 1970-01-01, `is_late` marks arrivals after the row's own day."""

    table: pa.Table
    arrival_day: np.ndarray
    is_late: np.ndarray

    @property
    def count(self) -> int:
        """The number of rows."""
        return self.table.num_rows

    def where(self, chosen: np.ndarray) -> "Rows":
        """The rows for which `chosen` is true."""
        return Rows(self.table.filter(pa.array(chosen)), self.arrival_day[chosen], self.is_late[chosen])

    def take(self, positions: np.ndarray) -> "Rows":
        """The rows at `positions`, which may repeat."""
        return Rows(self.table.take(pa.array(positions)), self.arrival_day[positions], self.is_late[positions])


def on_time(table: pa.Table, day: np.ndarray) -> Rows:
    """Rows that arrive on the `day` (since 1970-01-01) that they belong to."""
    return Rows(table, day, np.zeros(table.num_rows, bool))


def together(parts: list[Rows]) -> Rows:
    """All rows of `parts`, one part after the other."""
    return Rows(
        pa.concat_tables([part.table for part in parts]),
        np.concatenate([part.arrival_day for part in parts]),
        np.concatenate([part.is_late for part in parts]),
    )
