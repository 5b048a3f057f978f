"""A table's declaration: everything about a table but the code that fills it.

A declaration needs no Spark: it holds names and SQL texts only. `lakehouse.catalogue` discovers the declarations,
`lakehouse.refresh` acts on them, `libs.quality` checks them and `lakehouse.catalogue.documents` prints them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from libs.errors import UserError
from libs.tables.refresh import Refresh, Slices
from libs.tables.types import DATE, spark_type

if TYPE_CHECKING:
    from pyspark.sql.types import StructType

Severity = Literal["fail", "warn"]


class TableError(UserError):
    """A table's data does not match its declaration; the message is one line a mismatch."""


@dataclass(frozen=True)
class Column:
    """One column: its type (`libs.tables.types`), what it means, and its unit (such as 'currency', 'seconds', 'rate 0 to 1')."""

    name: str
    type: str
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
    def schema(self) -> "StructType":
        """The Spark schema, with the comments as metadata, so that the table is written with them."""
        from pyspark.sql.types import StructField, StructType

        return StructType([StructField(c.name, spark_type(c.type), True, {"comment": c.comment}) for c in self.columns])

    @property
    def skipping_columns(self) -> list[str]:
        """Columns by which readers look for a part of the table: the time of the fact, the slice, the days of the key."""
        slices = [self.refresh.by] if isinstance(self.refresh, Slices) else []
        days = [c.name for c in self.columns if c.type == DATE and c.name in self.primary_key]
        return list(dict.fromkeys([*([self.event_time] if self.event_time else []), *slices, *days]))

    def mismatches(self, actual: "StructType") -> list[str]:
        """Every way in which `actual` differs from the declaration, names and types, one line each."""
        found = {f.name: f.dataType for f in actual.fields}
        lines = [f"{self.name}: column {c.name} is missing" for c in self.columns if c.name not in found]
        lines += [f"{self.name}: column {n} is not declared" for n in found if n not in self.column_names]
        for column in self.columns:
            if column.name in found and found[column.name].simpleString() != column.type:
                was = found[column.name].simpleString()
                lines.append(f"{self.name}: column {column.name} is {was}, declared {column.type}")
        return lines
