"""The actors behind a number of `gold.funnel_daily`: those that reached a step, of those that entered on some days.

Over a range of days an actor counts once, with the chain that starts at any entry in it; sums of days can't give that. Actors
are computed by the code that computes the table, from the version of `silver.events` that it was computed from, as of the same
moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.funnels.chains import Days
from lakehouse.funnels.counts import UNKNOWN, counts
from lakehouse.funnels.declaration import Funnel, Funnels
from lakehouse.funnels.entrants import ACTOR_KINDS, by, entrants
from libs.errors import InputError
from libs.store.conditions import Column, Within
from libs.store.dialects import spark_sql

EVENTS, TABLE = "silver.events", "gold.funnel_daily"
EPOCH = date(1970, 1, 1)


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
    """Events of a funnel as the table saw them, and the days of entry, both included, over which an actor counts once.

    breakdown: a column that the funnel is broken down by, and its value; without it, all.
    """

    funnel: Funnel
    events: DataFrame
    as_of: datetime
    first: date
    last: date
    breakdown: tuple[str, str] | None = None

    @property
    def is_mature(self) -> bool:
        """Whether the window of everyone who entered had ended."""
        ended = datetime(self.last.year, self.last.month, self.last.day, tzinfo=UTC) + timedelta(days=1)
        return ended + self.funnel.window <= self.as_of

    def found(self) -> DataFrame:
        """The entrants, as `lakehouse.funnels.entrants` returns them."""
        alone = Funnels(funnels=(self.funnel,))
        until = self.last + timedelta(days=alone.longest_window_days)
        together = Days((self.first - EPOCH).days, (self.last - EPOCH).days)
        seen = spark_sql(Within(Column("event_date"), [(self.first, until)]))
        found = entrants(self.events.where(seen), alone, together)
        if self.breakdown is None:
            return found
        column, value = self.breakdown
        return found.where(F.coalesce(by(column), F.lit(UNKNOWN)) == value)


def breakdown_of(funnel: Funnel, column: str, value: str) -> tuple[str, str]:
    """Return both; raises InputError, with the nearest names, when the funnel is not broken down by the column."""
    _check_known(f"breakdown of funnel {funnel.name}", column, funnel.breakdowns)
    return column, value


def entries_of(events: DataFrame, as_of: datetime, funnel: Funnel, first: date, last: date) -> Entries:
    """Return what the table's numbers of these days are computed from.

    events: the version of `silver.events` that the table was computed from; as_of: the moment that its figures are as of.
    """
    return Entries(funnel, events.where(F.col("occurred_at") < F.lit(as_of)), as_of, first, last)


def counted(entries: Entries, position: int) -> list[Counted]:
    """Return the actors that entered and reached the step at `position`, in the order of their ids."""
    reached = entries.found().select(
        "actor_kind",
        "actor",
        F.timestamp_micros("entered_at").alias("entered_at"),
        F.get("elapsed", F.lit(position)).alias("micros"),
    )
    rows = reached.where("micros is not null").toArrow().to_pylist()
    of_actors = (Counted(ACTOR_KINDS[r["actor_kind"]], r["actor"], r["entered_at"], r["micros"] / 1e6) for r in rows)
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
    found = counts(entries.found().withColumn("day", F.lit(0)), Funnels(funnels=(entries.funnel,)))
    rows = found.where("breakdown = 'all'").orderBy("position").toArrow().to_pylist()
    names = entries.funnel.row_names
    return [StepCount(names[r["position"]], r["entrants"], r["converted"], r["median_seconds"]) for r in rows]


def _check_known(what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.4) or known
        raise InputError(f"{what} {name}: not declared; did you mean {', '.join(near) or 'nothing: none is declared'}?")
