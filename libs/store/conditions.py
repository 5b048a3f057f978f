"""Conditions on rows as values, written out in the SQL of each engine that judges them.

A column is bare, or in a merge one of the `given` row or of the `stored` one that has its key. `Sql` is an expression as
somebody declared it, which every engine understands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

GIVEN: Final = "s"
STORED: Final = "t"


@dataclass(frozen=True)
class Column:
    """A column of the row, or of one of two rows."""

    name: str
    row: Literal["", "s", "t"] = ""


@dataclass(frozen=True)
class Sql:
    """An expression that a declaration gives, the same text for every engine."""

    text: str


Operand = Column | Sql
Value = str | int | date | datetime


def given(name: str) -> Column:
    """A column of the row that is merged."""
    return Column(name, GIVEN)


def stored(name: str) -> Column:
    """A column of the row of the table that has the given one's key."""
    return Column(name, STORED)


@dataclass(frozen=True)
class Equal:
    """Both are the same; not where one is null."""

    one: Operand
    other: Operand | Value


@dataclass(frozen=True)
class Less:
    """The one comes before the other; not where one is null."""

    one: Operand | Value
    other: Operand | Value


@dataclass(frozen=True)
class Differs:
    """Both are not the same, where two nulls are."""

    one: Operand
    other: Operand


@dataclass(frozen=True)
class Later:
    """The columns of the one, in their order, come after those of the other; none of them is null."""

    one: Sequence[Column]
    other: Sequence[Column]


@dataclass(frozen=True)
class Within:
    """The date lies in one of the ranges, both ends included."""

    day: Operand
    ranges: Sequence[tuple[date, date]]


@dataclass(frozen=True)
class And:
    """All parts hold; without any, every row meets it."""

    parts: Sequence["Condition"]


@dataclass(frozen=True)
class Or:
    """One of the parts holds; without any, no row meets it."""

    parts: Sequence["Condition"]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: "Condition"


Condition = Equal | Less | Differs | Later | Within | And | Or | Not
ALWAYS, NEVER = And(()), Or(())


def any_differs(columns: Sequence[str]) -> Or:
    """One of the columns is another in the given row than in the stored one."""
    return Or(tuple(Differs(given(column), stored(column)) for column in columns))


def date_ranges(days: Sequence[date]) -> list[tuple[date, date]]:
    """Sorted days as (first, last) of each unbroken run."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges
