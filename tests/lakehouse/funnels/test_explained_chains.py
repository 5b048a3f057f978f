"""The actors that are listed, and the steps that are counted, are those of plain Python, for random funnels and events; no session."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
from deltalake import write_deltalake
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql.pandas.types import to_arrow_schema

from lakehouse.funnels.declaration import Funnel
from lakehouse.funnels.explain import Entries, counted, steps
from lakehouse.silver import events
from libs.store.published import Published
from tests.lakehouse.funnels.random_funnels import FIRST, events_of, funnels
from tests.lakehouse.funnels.slowly import Event, counted_together

AS_OF = FIRST + timedelta(hours=60)


@settings(max_examples=25, deadline=None)
@given(funnels(breakdowns=("device",)), events_of(3), st.integers(0, 2), st.integers(0, 2))
def test_listed_actors_and_counted_steps_are_those_of_plain_python(
    funnel: Funnel, rows: list[Event], start: int, length: int
) -> None:
    first = FIRST.date() + timedelta(days=start)
    last = first + timedelta(days=length)
    seen = [row for row in rows if row["occurred_at"] < AS_OF]
    expected = counted_together(funnel, seen, first, last)
    with TemporaryDirectory() as folder:
        entries = _entries(Path(folder), funnel, rows, first, last)
        for position in range(len(funnel.steps)):
            reached = {actor: chain for actor, chain in expected.items() if chain.steps[position] is not None}
            assert {(one.kind, one.actor): (one.entered_at, one.seconds) for one in counted(entries, position)} == {
                actor: (chain.entry["occurred_at"], _seconds(chain.entry, chain.steps[position]))
                for actor, chain in reached.items()
            }
        found = steps(entries)
        assert [(s.entrants, s.converted) for s in found] == (
            [(len(expected), sum(c.steps[n] is not None for c in expected.values())) for n in range(len(funnel.steps))]
            if expected
            else []
        )
        of_none = Entries(entries.tables, 0, AS_OF, funnel, first, last, ("device", "unknown"))
        assert len(counted(of_none, 0)) == sum(chain.entry["device"] is None for chain in expected.values())


def _seconds(entry: Event, reached: Event | None) -> float:
    assert reached is not None
    return float((reached["occurred_at"] - entry["occurred_at"]).total_seconds())


def _entries(folder: Path, funnel: Funnel, rows: Sequence[Event], first: date, last: date) -> Entries:
    table = events.TABLE
    named = [{**dict.fromkeys(table.column_names), **row, "event_date": row["occurred_at"].date()} for row in rows]
    arrow = pa.Table.from_pylist(named, schema=to_arrow_schema(table.schema, timezone="UTC"))
    write_deltalake(str(folder / "silver" / "events"), arrow)
    return Entries(Published(str(folder)), 0, AS_OF, funnel, first, last)
