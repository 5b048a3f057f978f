"""What one run knows, and what it reports of each table."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from lakehouse.catalogue.declarations import Declaration
from libs.store.port import Store
from libs.store.staged import Staged
from libs.tables import Table, TableError

Mode = Literal["full", "slices", "items", "merge", "append", "unchanged"]
Check = Callable[[Table, Staged], None]
# Why a table that did not exist is computed in full.
FIRST = "it did not exist"


@dataclass(frozen=True)
class Reconciled:
    """What became of one reconciliation: the sums of both sides' figures, and in how many of the figures they differ."""

    check: str
    table: str
    meaning: str
    published_value: Decimal
    recomputed_value: Decimal
    figures: int
    different: int
    source_versions: Mapping[str, int]

    def row(self, run_id: str, moment: datetime) -> tuple[object, ...]:
        """As a row of `gold.reconciliation`."""
        difference = self.published_value - self.recomputed_value
        found = (self.published_value, self.recomputed_value, difference, self.different == 0, self.figures, self.different)
        versions = json.dumps(dict(self.source_versions), sort_keys=True)
        return (run_id, self.table, self.check, *found, self.meaning, versions, moment)


@dataclass(frozen=True)
class Run:
    """One run of the main job.

    moment: when it began, UTC; as_of: the moment that figures are as of, UTC (None while it is not known yet).
    check: judges whether staged rows may be published; raises when they may not.
    declarations: what conf/ declares, by the name of the parameter by which transforms take it.
    pseudonym_key: secret key of the hashes that stand for e-mail addresses and names.
    """

    store: Store
    moment: datetime
    check: Check
    as_of: datetime | None = None
    declarations: Mapping[str, Declaration] = field(default_factory=dict)
    pseudonym_key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Outcome:
    """What became of one table: rows read from arrivals, written, quarantined, and seen before, and how long it took.

    read_after: for each bronze table, the version after which its arrivals were read, -1 for all of them.
    reconciled: what became of the table's reconciliations.
    why: why it was computed in full, where changes could not be followed.
    """

    table: str
    mode: Mode
    rows_in: int = 0
    rows_out: int = 0
    quarantined: int = 0
    rows_seen_before: int = 0
    seconds: float = 0.0
    version: int | None = None
    notes: Sequence[str] = field(default_factory=list)
    read_after: Mapping[str, int] = field(default_factory=dict)
    reconciled: Sequence[Reconciled] = ()
    why: str | None = None

    @property
    def is_rebuilt(self) -> bool:
        """Whether it was computed in full though it existed."""
        return self.why not in (None, FIRST)


class NotReconciled(TableError):
    """Figures of a table differ: its rows may not be published. `reconciled` is what became of its reconciliations."""

    def __init__(self, lines: Sequence[str], reconciled: Sequence[Reconciled]) -> None:
        """The message is one line a fault."""
        super().__init__("\n".join(lines))
        self.reconciled = tuple(reconciled)


class HeldBack(TableError):
    """Tables were not refreshed. `reconciled` is what became of the reconciliations of all, those included."""

    def __init__(self, lines: Sequence[str], reconciled: Sequence[Reconciled]) -> None:
        """The message is one line a fault, and one that names the tables that are made from those at fault."""
        super().__init__("\n".join(lines))
        self.reconciled = tuple(reconciled)
