"""The actors behind a number of `gold.funnel_daily`: those that reached a step, of those that entered on some days.

Over a range of days an actor counts once, with the chain that starts at any entry in it; sums of days can't give that. DuckDB
gives the events of the funnel's actors in order, from the version of `silver.events` that the table was computed from, as of the
same moment; the chains are followed by the code that computes the table (`lakehouse.funnels.chains`). No engine is started.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from lakehouse.funnels.chains import Chains, Days, chains
from lakehouse.funnels.declaration import Funnel, Funnels
from lakehouse.funnels.placed import Placed, placed
from libs.errors import InputError
from libs.store.conditions import And, Column, Less, Within
from libs.store.reader import Reader
from libs.store.snapshot import Snapshot

EVENTS, TABLE = "silver.events", "gold.funnel_daily"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


@dataclass(frozen=True)
class Counted:
    """One actor that counts: kind (user, anonymous, session) and id, when it entered (UTC), and seconds until the step."""

    kind: str
    actor: str
    entered_at: datetime
    seconds: float


def funnel_named(funnels: Funnels, name: str) -> Funnel:
    """Return the declared funnel; raises InputError, with the nearest names, when it does not exist."""
    named = {funnel.name: funnel for funnel in funnels.funnels}
    _check_known("funnel", name, list(named))
    return named[name]


def step_position(funnel: Funnel, step: str) -> int:
    """Return the position, from 0, of the step of this name or number (from 1); raises InputError, with the nearest names."""
    names = funnel.row_names
    if step.isdecimal() and 1 <= int(step) <= len(names):
        return int(step) - 1
    _check_known(f"step of funnel {funnel.name}", step, names)
    return names.index(step)


@dataclass(frozen=True)
class Entries:
    """A funnel, and the days of entry, both included, over which an actor counts once.

    version: that of `silver.events` from which the table's numbers were computed; as_of: the moment that they are as of.
    breakdown: a column that the funnel is broken down by, and its value; without it, all.
    """

    tables: Reader
    version: int
    as_of: datetime
    funnel: Funnel
    first: date
    last: date
    breakdown: tuple[str, str] | None = None

    @property
    def is_mature(self) -> bool:
        """Whether the window of everyone who entered had ended."""
        ended = datetime(self.last.year, self.last.month, self.last.day, tzinfo=UTC) + timedelta(days=1)
        return ended + self.funnel.window <= self.as_of

    def found(self) -> tuple[Placed, Chains]:
        """The events of the funnel's actors, and the chain of each that entered and has the breakdown's value."""
        until = self.last + timedelta(days=Funnels(funnels=(self.funnel,)).longest_window_days)
        seen = And((Less(Column("occurred_at"), self.as_of), Within(Column("event_date"), [(self.first, until)])))
        with Snapshot(self.tables, {EVENTS: self.version}, {EVENTS: seen}) as snapshot:
            rows = placed(snapshot, self.funnel)
        together = Days(*((day - EPOCH.date()).days for day in (self.first, self.last)))
        found = chains(self.funnel, rows.events, together)
        if self.breakdown is None:
            return rows, found
        column, value = self.breakdown
        has_value = rows.by[column][found.entry] == value
        return rows, Chains(found.entry[has_value], found.taken[:, has_value])


def breakdown_of(funnel: Funnel, column: str, value: str) -> tuple[str, str]:
    """Return both; raises InputError, with the nearest names, when the funnel is not broken down by the column."""
    _check_known(f"breakdown of funnel {funnel.name}", column, funnel.breakdowns)
    return column, value


def counted(entries: Entries, position: int) -> list[Counted]:
    """Return the actors that entered and reached the step at `position`, in the order of their ids."""
    rows, found = entries.found()
    is_reached = found.taken[position] >= 0
    entry = found.entry[is_reached]
    entered, reached = (rows.events.at[at].tolist() for at in (entry, found.taken[position][is_reached]))
    of_actors = (
        Counted(kind, actor, EPOCH + timedelta(microseconds=start), (end - start) / SECOND)
        for kind, actor, start, end in zip(rows.kind[entry], rows.actor[entry], entered, reached, strict=True)
    )
    return sorted(of_actors, key=lambda c: (c.actor, c.kind))


@dataclass(frozen=True)
class StepCount:
    """How many reached a step, of those that entered, and their median seconds to it (None where nobody reached it)."""

    step: str
    entrants: int
    converted: int
    median_seconds: float | None


def steps(entries: Entries) -> list[StepCount]:
    """Return the funnel's steps over all actors that entered, in their order; none where nobody entered."""
    rows, found = entries.found()
    at, entrants = rows.events.at, len(found.entry)
    elapsed = [(at[taken] - at[found.entry])[taken >= 0] for taken in found.taken]
    named = zip(entries.funnel.row_names, elapsed, strict=True)
    return [StepCount(name, entrants, len(micros), _median(micros)) for name, micros in named] if entrants else []


def _median(micros: NDArray[np.int64]) -> float | None:
    """In seconds; between the two in the middle where their number is even."""
    if not len(micros):
        return None
    ordered = np.sort(micros)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return float((low + (high - low) * 0.5) / SECOND)


def _check_known(what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.4) or known
        raise InputError(f"{what} {name}: not declared; did you mean {', '.join(near) or 'nothing: none is declared'}?")
