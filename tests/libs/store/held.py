"""Rows that the test's process holds as an Arrow table, staged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame

from libs.store import arrow_counts


@dataclass(frozen=True)
class HeldRows:
    """Staged rows without a session (`libs.store.staged.Staged`): all that is asked about them is answered from `table`."""

    table: pa.Table

    @property
    def rows(self) -> DataFrame:
        raise AssertionError("no frame is needed to ask about rows that are held")

    @property
    def count(self) -> int:
        return int(self.table.num_rows)

    def figure(self, name: str) -> int:
        raise AssertionError(f"{name}: no figure was asked for")

    def arrow(self) -> pa.Table:
        return self.table

    def counts(self, wanted: Mapping[str, str]) -> dict[str, int]:
        return arrow_counts.counts(self.table, wanted)

    def grouped(self, where: str, by: Mapping[str, str], aggregate: str) -> pa.Table:
        return arrow_counts.grouped(self.table, where, by, aggregate)

    def examples(self, where: str, columns: Sequence[str], limit: int) -> pa.Table:
        return arrow_counts.examples(self.table, where, columns, limit)

    def repeated(self, columns: Sequence[str], limit: int) -> pa.Table:
        return arrow_counts.repeated(self.table, columns, limit)
