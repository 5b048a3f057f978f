"""How a table is refreshed: the kinds that a declaration may name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Full:
    """Recomputed in full when a source changed or, with `on_as_of`, when the run is as of another moment."""

    on_as_of: bool = True


@dataclass(frozen=True)
class RunLog:
    """Every run appends what it did; no transform; see `lakehouse.refresh.logs`.

    formerly: for each column that older versions had under another name, SQL over their columns for its value.
    """

    formerly: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Arrivals:
    """Rows of a source's files, appended as they came; see `lakehouse.bronze.ingest`."""


@dataclass(frozen=True)
class Rejected:
    """Rows that contracts reject: appended, and deleted once they are accepted; see `lakehouse.refresh.quarantine`."""


@dataclass(frozen=True)
class ByJob:
    """A separate job (`jobs.<job>`) upserts the rows by primary key; a run does not change the table and reads its version."""

    job: str


@dataclass(frozen=True)
class Merge:
    """Rows of every source's contract, merged by primary key; the latest arrival wins.

    `entity` is the name under which a source's contract feeds this table. `lookups` are columns looked up in another
    table, again when that table changes, for sources that do not give them. `references` name columns whose
    value must exist in another table, else the row waits in quarantine until it does; a column that is looked up there is
    known to. `converts` names columns of money, each with the one that keeps the amount as it came where it was in another
    currency than the source's. `derived` columns are SQL expressions over the others, lookups included. With `is_stitched`, users and
    sessions of sources that give no `session_id` are computed (`lakehouse.identity.stitching`). `formerly`: columns that had
    another name in earlier versions, and that name, by which contracts may go on feeding them.
    """

    entity: str
    lookups: Sequence["Lookup"] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    derived: Mapping[str, str] = field(default_factory=dict)
    converts: Mapping[str, str] = field(default_factory=dict)
    is_stitched: bool = False
    formerly: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lookup:
    """`column` is taken from `table`.`take` where its primary key equals this table's `on`.

    fills: also for rows without a value where the source gives the column, unless the same file feeds the other table.
    """

    column: str
    table: str
    on: str
    take: str
    fills: bool = False


@dataclass(frozen=True)
class Slices:
    """Only the slices that a change of a source touches are recomputed.

    by: the column whose value names a slice, a date or an id.
    of: for each source, the SQL expression that gives a source row's slice, valid in Spark and DuckDB; for a source that
        is not named, it is `by` itself. None: any change of that source touches every slice.
    lookback_days: (dates only) how many earlier days of its sources a slice needs in addition to its own; a change then
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


Refresh = Full | Slices | Merge | RunLog | Arrivals | Rejected | ByJob
