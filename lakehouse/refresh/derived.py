"""Refreshing a table that a transform computes: in full, or only what changes of its sources and declarations touch."""

from dataclasses import replace

from lakehouse.catalogue.entry import Catalogue, Entry
from lakehouse.refresh.by_days import by_days
from lakehouse.refresh.by_items import by_items
from lakehouse.refresh.by_keys import by_keys
from lakehouse.refresh.refreshing import Refreshing, published
from lakehouse.refresh.run import Outcome, Run
from lakehouse.refresh.state import State, marks, next_generation, state_before, why_rebuilt
from libs.tables import Slices


def refresh_derived(run: Run, entry: Entry, catalogue: Catalogue) -> Outcome:
    """Refresh the table from its sources, as of the run's `as_of`.

    Raises TableError when the new rows may not be published; the previous version stays then.
    """
    store, table = run.store.in_own_session(), entry.table
    now = marks(store, list(table.sources))
    refreshing = Refreshing(run, store, entry, catalogue, state_before(store, table.name, now), now)
    before = refreshing.before
    why = why_rebuilt(store, before, entry.code, refreshing.now)
    if before is None or why is not None:
        return replace(_in_full(refreshing), why=why)
    followed = _followed(refreshing, before)
    return _in_full(refreshing) if followed is None else followed


def _followed(refreshing: Refreshing, before: State) -> Outcome | None:
    """What becomes of the table by what changed alone; None where that touches every row."""
    kind = refreshing.table.refresh
    if before.declared != refreshing.declared:
        return by_items(refreshing, before)
    if refreshing.is_up_to_date:
        return refreshing.unchanged()
    if not isinstance(kind, Slices):
        return None
    return by_days(refreshing, kind) if refreshing.table.is_sliced_by_day else by_keys(refreshing, kind)


def _in_full(refreshing: Refreshing) -> Outcome:
    rows = refreshing.transformed({name: refreshing.source(name) for name in refreshing.table.sources})
    return published(refreshing, "full", rows, refreshing.state(next_generation(refreshing.store, refreshing.table.name)))
