"""Who makes up a number of `gold.funnel_daily`: the actors that reached a step, of those that entered on a day.

They are told by the code that makes the table, from the version of `silver.events` that the table was made from, as seen
from the same moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.catalog import Entry
from lakehouse.funnels.declaration import Funnel, Funnels
from lakehouse.funnels.entrants import ACTOR_KINDS, entrants
from lakehouse.refresh.derived import made_by
from lakehouse.refresh.state import state_of
from libs.errors import InputError
from libs.store import Store, within

EVENTS, TABLE = "silver.events", "gold.funnel_daily"


@dataclass(frozen=True)
class Counted:
    """One actor that counts: kind (user, anonymous, session) and id, when it entered (UTC), and seconds until the step."""

    kind: str
    actor: str
    entered_at: datetime
    seconds: float


def funnel_named(funnels: Funnels, name: str) -> Funnel:
    """Return the declared funnel; raises InputError, with the nearest names, when there is none."""
    named = {funnel.name: funnel for funnel in funnels.funnels}
    _check_known("funnel", name, list(named))
    return named[name]


def step_position(funnel: Funnel, step: str) -> int:
    """Return which step, from 0, bears the name or the number (from 1); raises InputError, with the nearest names, if none."""
    names = funnel.row_names
    if step.isdecimal() and 1 <= int(step) <= len(names):
        return int(step) - 1
    _check_known(f"step of funnel {funnel.name}", step, names)
    return names.index(step)


def counted_by_table(store: Store, entry: Entry, funnels: Funnels, funnel: Funnel, day: date, position: int) -> list[Counted]:
    """Return the actors behind the number that the table holds, in the order of their ids.

    Raises InputError when there is no table yet, or when code or declarations have changed since it was made.
    """
    state = state_of(store, TABLE)
    if state is None or state.as_of is None:
        raise InputError(f"{TABLE} is not made yet: run python -m jobs.refresh")
    if state.code != made_by(entry, {"funnels": funnels}):
        raise InputError(f"{TABLE} was made with other declarations or code than the present: run python -m jobs.refresh")
    events = store.read(EVENTS, state.consumed[EVENTS].version).where(F.col("occurred_at") < F.lit(state.as_of))
    return counted(events, funnel, day, position)


def counted(events: DataFrame, funnel: Funnel, day: date, position: int) -> list[Counted]:
    """Return the actors that entered on `day` and reached the step at `position`, in the order of their ids."""
    alone = Funnels(funnels=(funnel,))
    last = day + timedelta(days=alone.longest_window_days)
    found = entrants(events.where(within("event_date", [(day, last)])), alone)
    reached = found.select(
        "actor_kind",
        "actor",
        "day",
        F.timestamp_micros("entered_at").alias("entered_at"),
        F.col("elapsed")[position].alias("micros"),
    )
    rows = reached.where((F.date_from_unix_date("day") == F.lit(day)) & F.col("micros").isNotNull()).toArrow().to_pylist()
    of_actors = (Counted(ACTOR_KINDS[r["actor_kind"]], r["actor"], r["entered_at"], r["micros"] / 1e6) for r in rows)
    return sorted(of_actors, key=lambda c: (c.actor, c.kind))


def _check_known(what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.4) or known
        raise InputError(f"{what} {name}: not declared; did you mean {', '.join(near) or 'nothing: none is declared'}?")
