"""The events of a funnel's actors as columns, each actor's together and in order, by DuckDB."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lakehouse.funnels.conditions import fits
from lakehouse.funnels.declaration import Exclusion, Funnel, Step
from lakehouse.funnels.events import Events
from lakehouse.funnels.ties import tied
from libs.store.snapshot import Snapshot

UNKNOWN = "unknown"
ACTOR = {
    "user": "case when user_id is not null then 'user' else 'anonymous' end as kind, coalesce(user_id, anonymous_id) as actor",
    "session": "'session' as kind, session_id as actor",
}


@dataclass(frozen=True)
class Placed:
    """Events in the order of actor, then time, sequence number (none first) and id, with what `chains` needs of them.

    kind (user, anonymous, session) and actor of each event; by: its value of each breakdown, 'unknown' for none.
    """

    events: Events
    kind: NDArray[Any]
    actor: NDArray[Any]
    by: dict[str, NDArray[Any]]


def placed(snapshot: Snapshot, funnel: Funnel) -> Placed:
    """The events that the funnel needs, of `silver.events` in the snapshot; those without an actor count nowhere."""
    columns = snapshot.columns(f"""
        select epoch_us(occurred_at) as at, {_bits(funnel)} as fits, kind, actor, sequence_number is not null as is_numbered,
            {", ".join(["coalesce(sequence_number, 0) as number", *map(_value, funnel.breakdowns)])}
        from (select *, {ACTOR[funnel.unit]} from silver.events where {_is_needed(funnel)}) where actor is not null
        order by actor, kind, occurred_at, sequence_number nulls first, event_id nulls first""")
    kind, actor, at = columns["kind"], columns["actor"], columns["at"].astype(np.int64)
    is_last = np.append((actor[1:] != actor[:-1]) | (kind[1:] != kind[:-1]), [True])[: len(at)].astype(bool)
    stops = np.flatnonzero(is_last) + 1
    stop = np.repeat(stops, np.diff(stops, prepend=0))
    by = {column: columns[f"by_{column}"] for column in funnel.breakdowns}
    tie, rank = tied(stop, at, columns["is_numbered"].astype(np.bool_), columns["number"].astype(np.int64))
    return Placed(Events(at, stop, columns["fits"].astype(np.int64), tie, rank), kind, actor, by)


def _bits(funnel: Funnel) -> str:
    bits = [f"case when {_fits(part)} then {1 << bit} else 0 end" for bit, part in enumerate(funnel.parts)]
    return f"cast({' + '.join(bits)} as bigint)"


def _fits(part: Step | Exclusion) -> str:
    return fits(part.event_type, part.where if isinstance(part, Step) else None)


def _value(column: str) -> str:
    return f"coalesce(cast({column} as varchar), '{UNKNOWN}') as by_{column}"


def _is_needed(funnel: Funnel) -> str:
    """Between the steps of a strict funnel any event counts; other funnels need only those that fit."""
    return "true" if funnel.order == "strict" else " or ".join(f"({_fits(part)})" for part in funnel.parts)
