"""A table's declaration: everything about a table but its code.

A declaration needs no Spark: it holds names and SQL texts only. `lakehouse.catalogue` discovers the declarations,
`lakehouse.refresh` refreshes by them, `libs.quality` checks them and `lakehouse.catalogue.documents` prints them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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
    """One column: its type (`libs.tables.types`), description and unit (such as 'currency', 'seconds', 'rate 0 to 1')."""

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
    """A SQL condition that every row must meet: where a `fail` is not met, the version is not published; a `warn` is reported.

    It is Spark's SQL, of the kinds that `libs.store.rule_sql` names, which each engine counts alike.
    """

    condition: str
    severity: Severity
    meaning: str = ""


def fail(condition: str, meaning: str = "") -> Expectation:
    """An expectation that prevents publication when a row does not meet it (a null result counts as met)."""
    return Expectation(condition, "fail", meaning)


def warn(condition: str, meaning: str = "") -> Expectation:
    """An expectation that is reported in `gold.quality_results` and in the summary, and does not prevent publication."""
    return Expectation(condition, "warn", meaning)


@dataclass(frozen=True)
class Reconciliation:
    """A reconciliation of the table's figures: recomputed by DuckDB; where a figure differs, the rows are not published.

    by: the columns that identify a figure, as SQL expressions over the table's rows, by name. For a table refreshed by
        days the slice is one of them, under its own name.
    own: SQL aggregate over those of the table's rows that meet `where`.
    other: DuckDB query over `tables` (cut at the run's `as_of`) and over `run`, one row with `as_of`; has the columns `by` and
        `value`. A function where the declarations that the transform takes decide; it is called with them by name.
    A figure that is missing on one side counts as 0.
    """

    name: str
    meaning: str
    by: Mapping[str, str]
    own: str
    tables: Sequence[str]
    other: str | Callable[..., str]
    where: str = "true"

    def query(self, declarations: Mapping[str, Any]) -> str:
        """The DuckDB query, given the declarations that the transform takes."""
        return self.other(**declarations) if callable(self.other) else self.other


@dataclass(frozen=True)
class Table:
    """The declaration of one table.

    event_time: the column with the time of the fact; a table read by another is cut at the run's `as_of` by it.
    sources: names of the tables that the transform takes, in the order of its parameters, which have the names without
        the layer (`silver.events` -> `events`).
    items: of a kind of declaration that the transform takes, the column that names the declared item that a row is of. The law:
        rows of an item depend on no other item; a changed item then recomputes its own rows alone.
    has_change_data: whether its versions keep which rows they changed, for the tables that are computed from it.
    """

    name: str
    comment: str
    columns: Sequence[Column]
    primary_key: Sequence[str]
    refresh: Refresh
    sources: Sequence[str] = ()
    event_time: str | None = None
    items: Mapping[str, str] = field(default_factory=dict)
    expectations: Sequence[Expectation] = ()
    reconciliations: Sequence[Reconciliation] = ()
    has_change_data: bool = True

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
        """The schema of frames."""
        from pyspark.sql.types import StructField, StructType

        return StructType([StructField(c.name, spark_type(c.type)) for c in self.columns])

    @property
    def slice_column(self) -> str | None:
        """The column whose value names a slice, of a table refreshed by slices."""
        return self.refresh.by if isinstance(self.refresh, Slices) else None

    @property
    def is_sliced_by_day(self) -> bool:
        """Whether it is refreshed by slices that are days."""
        return any(c.name == self.slice_column and c.type == DATE for c in self.columns)

    @property
    def skipping_columns(self) -> list[str]:
        """Columns by which readers look for a part of the table: the time of the fact, the slice, the days of the key."""
        days = [c.name for c in self.columns if c.type == DATE and c.name in self.primary_key]
        return list(dict.fromkeys(name for name in (self.event_time, self.slice_column, *days) if name))

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
