"""A table's declaration: everything about a table but the code that fills it.

A declaration needs no Spark session: it holds type objects and SQL texts only. `lakehouse.catalog` discovers the
declarations, `lakehouse.refresh` acts on them, `libs.expectations` checks them and `lakehouse.documents` prints them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

STRING = StringType()
LONG = LongType()
INTEGER = IntegerType()
DOUBLE = DoubleType()
BOOLEAN = BooleanType()
DATE = DateType()
TIMESTAMP = TimestampType()
STRINGS = ArrayType(StringType(), containsNull=False)
# Exact, so that a sum does not depend on the order of its rows; 18 digits fit a machine word.
MONEY = DecimalType(18, 6)

Severity = Literal["fail", "warn"]


class TableError(Exception):
    """A table's data does not match its declaration; the message is one line a mismatch."""


@dataclass(frozen=True)
class Column:
    """One column: its type, what it means, and its unit (such as 'currency', 'seconds', 'rate 0 to 1')."""

    name: str
    type: DataType
    description: str
    unit: str | None = None
    nullable: bool = True

    @property
    def comment(self) -> str:
        """The description with its unit, as it is written into the table."""
        return f"{self.description} [{self.unit}]" if self.unit else self.description


@dataclass(frozen=True)
class Expectation:
    """A SQL condition that every row must meet: `fail` keeps a bad version from being published, `warn` reports it."""

    condition: str
    severity: Severity
    meaning: str = ""


def fail(condition: str, meaning: str = "") -> Expectation:
    """An expectation that stops publication when a row breaks it (a null result counts as met)."""
    return Expectation(condition, "fail", meaning)


def warn(condition: str, meaning: str = "") -> Expectation:
    """An expectation that is reported in `gold.quality_results` and in the summary, and stops nothing."""
    return Expectation(condition, "warn", meaning)


@dataclass(frozen=True)
class Reconciliation:
    """A second, independent way to figures of the table; where the two differ, the rows are not published.

    by: the columns that a figure belongs to, as SQL expressions over the table's rows, by name. For a table refreshed by
        days the slice is one of them, under its own name.
    own: SQL aggregate over those of the table's rows that meet `where`.
    other: DuckDB query over `tables` (cut at the run's `as_of`) and over `run`, one row with `as_of`; has the columns `by` and
        `value`. A function where the declarations that the transform takes decide; it is called with them by name.
    A figure that one side lacks counts as 0.
    """

    name: str
    meaning: str
    by: Mapping[str, str]
    own: str
    tables: Sequence[str]
    other: str | Callable[..., str]
    where: str = "true"

    def query(self, declarations: Mapping[str, Any]) -> str:
        """The other way, given the declarations that the transform takes."""
        return self.other(**declarations) if callable(self.other) else self.other


@dataclass(frozen=True)
class Full:
    """Computed anew whenever a source changed or, with `on_as_of`, whenever the run looks from another moment."""

    on_as_of: bool = True


@dataclass(frozen=True)
class Append:
    """Rows are only added: the transform sees the rows that its source gained since the last run."""


@dataclass(frozen=True)
class Merge:
    """Rows of every source's contract, merged by primary key, the latest arrival winning.

    `entity` is the name under which a source's contract feeds this table. `lookups` are columns filled from another
    table, and filled again when that table changes, for sources that do not give them. `references` name columns whose
    value must exist in another table, else the row waits in quarantine until it does; a column that is looked up there is
    known to. `derived` columns are SQL expressions over the others, lookups included. `is_stitched` says that users and
    sessions of sources that give no `session_id` are computed (`lakehouse.silver.identity`).
    """

    entity: str
    lookups: Sequence["Lookup"] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    derived: Mapping[str, str] = field(default_factory=dict)
    is_stitched: bool = False


@dataclass(frozen=True)
class Lookup:
    """`column` is taken from `table`.`take` where its primary key equals this table's `on`."""

    column: str
    table: str
    on: str
    take: str


@dataclass(frozen=True)
class Slices:
    """Only the slices that a source's changes touch are computed and replaced.

    by: the column whose value names a slice, a date or an id.
    of: for each source, the SQL expression that gives a source row's slice, one that Spark and DuckDB both know; where a
        source is not named, it is `by` itself. None says that any change of that source touches every slice.
    lookback_days: (dates only) how many earlier days of its sources a slice needs besides its own; a change then
        touches as many later slices.
    lookahead_days: (dates only) how many later days of its sources a slice needs; a change then touches as many earlier
        slices. A function where the declarations that the transform takes decide; it is called with them by name.
    """

    by: str
    of: Mapping[str, str | None] = field(default_factory=dict)
    lookback_days: int = 0
    lookahead_days: int | Callable[..., int] = 0

    def slice_of(self, source: str) -> str | None:
        """The SQL expression for a row of `source`, or None when every slice depends on it."""
        return self.of.get(source, self.by)

    def days_ahead(self, declarations: Mapping[str, Any]) -> int:
        """How many later days a slice needs, given the declarations that the transform takes."""
        return self.lookahead_days(**declarations) if callable(self.lookahead_days) else self.lookahead_days


Refresh = Full | Append | Merge | Slices


@dataclass(frozen=True)
class Table:
    """The declaration of one table.

    event_time: the column that holds when the fact happened; a table read by another is cut at the run's `as_of` by it.
    sources: names of the tables that the transform takes, in the order of its parameters, which bear the names without
        the layer (`silver.events` -> `events`).
    """

    name: str
    comment: str
    columns: Sequence[Column]
    primary_key: Sequence[str]
    refresh: Refresh
    sources: Sequence[str] = ()
    event_time: str | None = None
    expectations: Sequence[Expectation] = ()
    reconciliations: Sequence[Reconciliation] = ()

    @property
    def layer(self) -> str:
        """bronze, quarantine, silver or gold."""
        return self.name.split(".", 1)[0]

    @property
    def short_name(self) -> str:
        """The name without the layer."""
        return self.name.split(".", 1)[1]

    @property
    def column_names(self) -> list[str]:
        """Names in their order."""
        return [column.name for column in self.columns]

    @property
    def schema(self) -> StructType:
        """The Spark schema, with the comments as metadata, so that the table is written with them."""
        return StructType([StructField(c.name, c.type, True, {"comment": c.comment}) for c in self.columns])

    @property
    def skipping_columns(self) -> list[str]:
        """Columns by which readers look for a part of the table: the time of the fact, the slice, the days of the key."""
        slices = [self.refresh.by] if isinstance(self.refresh, Slices) else []
        days = [c.name for c in self.columns if c.type == DATE and c.name in self.primary_key]
        return list(dict.fromkeys([*([self.event_time] if self.event_time else []), *slices, *days]))

    def mismatches(self, actual: StructType) -> list[str]:
        """Every way in which `actual` differs from the declaration, names and types, one line each."""
        found = {f.name: f.dataType for f in actual.fields}
        lines = [f"{self.name}: column {c.name} is missing" for c in self.columns if c.name not in found]
        lines += [f"{self.name}: column {n} is not declared" for n in found if n not in self.column_names]
        for column in self.columns:
            if column.name in found and found[column.name].simpleString() != column.type.simpleString():
                was = found[column.name].simpleString()
                lines.append(f"{self.name}: column {column.name} is {was}, declared {column.type.simpleString()}")
        return lines
