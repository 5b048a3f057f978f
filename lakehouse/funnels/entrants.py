"""Entrants of funnels and the steps that they reached: one row for each funnel, actor and UTC day of entry.

All funnels are computed in one pass over the events, with one exchange of rows: each event goes to its user and, where a
funnel counts sessions, to its session; there the chains of every funnel are computed over columns of whole actors
(`lakehouse.funnels.chains`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.funnels.batches import numbered, starts, whole_groups
from lakehouse.funnels.chains import DAY, Days, chains
from lakehouse.funnels.declaration import Exclusion, Funnel, Funnels, Step
from lakehouse.funnels.events import Bools, Events, Ints
from lakehouse.funnels.ties import tied

# Users, visitors and sessions may have equal ids: the kind distinguishes them.
USER, VISITOR, SESSION = 0, 1, 2
ACTOR_KINDS = {USER: "user", VISITOR: "anonymous", SESSION: "session"}
ACTOR = ("actor_kind", "actor")


def entrants(events: DataFrame, funnels: Funnels, together: Days | None = None) -> DataFrame:
    """One row for each funnel, actor and day of entry; where days are taken `together`, for each that entered on one of them.

    Columns: funnel (its number in `funnels`), actor_kind, actor, day (of entry, since 1970), entered_at (microseconds since 1970), elapsed
    (for each step the microseconds from entry to its event, null where it was not reached), and for each column that any funnel
    is broken down by `by_<column>`, as it is in the entry event.
    """
    breakdowns = broken_down_by(funnels)
    in_order = _of_actors(_marked(events, funnels, breakdowns), funnels)
    schema = "funnel int, actor_kind int, actor string, day int, entered_at bigint, elapsed array<bigint>"
    return in_order.mapInArrow(
        _following(funnels, breakdowns, together), ", ".join([schema, *(f"`{by(b)}` string" for b in breakdowns)])
    )


def broken_down_by(funnels: Funnels) -> list[str]:
    """The columns that any of the funnels is broken down by."""
    return list(dict.fromkeys(column for funnel in funnels.funnels for column in funnel.breakdowns))


def by(breakdown: str) -> str:
    """The name that a column has as a breakdown: an actor's own id may be one, too."""
    return f"by_{breakdown}"


def _marked(events: DataFrame, funnels: Funnels, breakdowns: Sequence[str]) -> DataFrame:
    """The events that any funnel needs; `fits_<n>` has the bits of what each fits in the n-th funnel."""
    return _needed(events, funnels).select(
        *("user_id", "anonymous_id", "session_id", "sequence_number", "event_id"),
        *(F.col(column).alias(by(column)) for column in breakdowns),
        F.unix_micros("occurred_at").alias("at"),
        *(_bits(funnel).alias(f"fits_{number}") for number, funnel in enumerate(funnels.funnels)),
    )


def _needed(events: DataFrame, funnels: Funnels) -> DataFrame:
    """Between the steps of a strict funnel any event counts; other funnels need only their own types."""
    if any(funnel.order == "strict" for funnel in funnels.funnels):
        return events
    return events.where(F.col("event_type").isin(sorted({part.event_type for f in funnels.funnels for part in f.parts})))


def _bits(funnel: Funnel) -> Column:
    bits = [F.when(_fits(part), F.lit(1 << bit)).otherwise(F.lit(0)) for bit, part in enumerate(funnel.parts)]
    return reduce(lambda one, other: one.bitwiseOR(other), [F.lit(0).cast("bigint"), *bits])


def _fits(part: Step | Exclusion) -> Column:
    is_of_type = F.col("event_type") == part.event_type
    return is_of_type & F.expr(f"({part.where})") if isinstance(part, Step) and part.where else is_of_type


def _of_actors(marked: DataFrame, funnels: Funnels) -> DataFrame:
    """Each event once for its user or visitor and, where a funnel counts sessions, once for its session; in order by actor."""
    units = {funnel.unit for funnel in funnels.funnels}
    person = F.when(F.col("user_id").isNotNull(), _actor(USER, "user_id")).otherwise(_actor(VISITOR, "anonymous_id"))
    actors = [actor for unit, actor in (("user", person), ("session", _actor(SESSION, "session_id"))) if unit in units]
    placed = marked.select("*", F.inline(F.array(*actors))).drop("user_id", "anonymous_id", "session_id")
    # Sorted by the id first, as it alone distinguishes nearly all actors.
    in_order = numbered(placed.where("actor is not null"), ACTOR[::-1], ["at", "sequence_number", "event_id"])
    return in_order.drop("event_id")


def _actor(kind: int, column: str) -> Column:
    return F.struct(F.lit(kind).alias("actor_kind"), F.col(column).alias("actor"))


def _following(
    funnels: Funnels, breakdowns: Sequence[str], together: Days | None
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function applied to each partition."""

    def follow(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for rows in whole_groups(batches):
            is_session = pc.equal(rows["actor_kind"], SESSION)
            of_unit = {"session": rows.filter(is_session), "user": rows.filter(pc.invert(is_session))}
            for number, funnel in enumerate(funnels.funnels):
                yield _entrants_of(number, funnel, of_unit[funnel.unit], breakdowns, together)

    return follow


def _entrants_of(
    number: int, funnel: Funnel, rows: pa.RecordBatch, breakdowns: Sequence[str], together: Days | None
) -> pa.RecordBatch:
    first = starts(rows)
    stops = np.append(first, rows.num_rows)[1:]
    at = rows["at"].to_numpy()
    stop = np.repeat(stops, stops - first)
    events = Events(at, stop, rows[f"fits_{number}"].to_numpy(), *tied(stop, at, *_numbered(rows["sequence_number"])))
    found = chains(funnel, events, together)
    entries = rows.take(pa.array(found.entry))
    columns = {
        "funnel": pa.array(np.full(len(found.entry), number, dtype=np.int32)),
        **{name: entries[name] for name in ACTOR},
        "day": pa.array((at[found.entry] // DAY).astype(np.int32)),
        "entered_at": entries["at"],
        "elapsed": _lists(at[found.taken.T] - at[found.entry][:, None], found.taken.T < 0),
        **{by(column): entries[by(column)].cast(pa.string()) for column in breakdowns},
    }
    return pa.RecordBatch.from_pydict(columns)


def _numbered(numbers: pa.Array) -> tuple[Bools, Ints]:
    """The source's sequence numbers: whether there is one, and which."""
    return numbers.is_valid().to_numpy(zero_copy_only=False), pc.fill_null(numbers, 0).to_numpy()


def _lists(values: Ints, is_null: Bools) -> pa.ListArray:
    """A list for each row of `values`."""
    rows, size = values.shape
    flat = pa.array(values.ravel(), mask=is_null.ravel())
    return pa.ListArray.from_arrays(pa.array(np.arange(rows + 1, dtype=np.int32) * size, type=pa.int32()), flat)
