"""Rows that are staged on their way into tables, and what a write did, whichever engine does it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import pyarrow as pa
from pyspark.sql import DataFrame

from libs.errors import UserError


class NotEvaluable(UserError):
    """SQL that can't be evaluated over staged rows; the message is the reason, one line."""


@dataclass(frozen=True)
class Written:
    """What a write did: the version that it made, and how many rows it inserted, updated and deleted."""

    version: int
    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    @property
    def changed(self) -> int:
        """All rows that it inserted, updated and deleted."""
        return self.inserted + self.updated + self.deleted


class Counted(Protocol):
    """Rows that are counted; `figures` are further aggregates over them, by the names that they were asked under."""

    @property
    def rows(self) -> DataFrame:
        """The rows."""

    @property
    def count(self) -> int:
        """How many rows there are."""

    def figure(self, name: str) -> int:
        """The aggregate of that name."""


class Passing(Counted, Protocol):
    """Rows that are read once, and counted then."""

    @property
    def uncounted(self) -> DataFrame:
        """The same rows, to be asked something before they pass."""


class Staged(Counted, Protocol):
    """Rows that are computed once, however often they are read, and questions that their engine answers about them.

    What is asked is Spark's SQL, whichever engine answers; a method raises NotEvaluable where it can't.
    """

    def arrow(self) -> pa.Table:
        """The rows in this process's memory."""

    def counts(self, wanted: Mapping[str, str]) -> dict[str, int]:
        """SQL aggregates that count something, by name, in one pass over the rows; 0 where there is nothing to count."""

    def grouped(self, where: str, by: Mapping[str, str], aggregate: str) -> pa.Table:
        """The aggregate as column `value`, over the rows that meet `where`, by SQL expressions of the rows, by name."""

    def examples(self, where: str, columns: Sequence[str], limit: int) -> pa.Table:
        """Some of the rows that meet `where`."""

    def repeated(self, columns: Sequence[str], limit: int) -> pa.Table:
        """Some of the values of the columns that several rows have; nulls equal each other."""


# What a write takes.
Rows = DataFrame | Staged | pa.Table


def in_memory(rows: Staged | pa.Table) -> pa.Table:
    """The rows in this process's memory."""
    return rows if isinstance(rows, pa.Table) else rows.arrow()


class Staging(Protocol):
    """Where rows are staged while one table is refreshed; at its end, as a context manager, it lets go of them.

    Figures are SQL aggregates, such as `rejected="count_if(size(_reasons) > 0)"`.
    """

    def keep(self, rows: DataFrame, **figures: str) -> Staged:
        """The rows, to be read several times; count and figures are taken in one pass over them."""

    def passing(self, rows: DataFrame, **figures: str) -> Passing:
        """The rows, to be read once; count and figures are known when what was made of them has been written.

        For rows that the engine can't know beforehand to be none: it would plan them away, and the figures with them.
        """

    def without_plan(self, rows: DataFrame) -> DataFrame:
        """The rows computed now, so that what is made of them is not planned from their sources each time."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Let go of all that was staged."""
