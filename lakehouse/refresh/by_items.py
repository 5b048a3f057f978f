"""Replacing the rows of declared items, such as funnels, whose own declaration changed, and no others."""

from dataclasses import replace

from lakehouse.refresh.by_days import by_days
from lakehouse.refresh.items import ChangedItems, changed_items
from lakehouse.refresh.refreshing import Refreshing, published
from lakehouse.refresh.run import Outcome
from lakehouse.refresh.state import State
from libs.tables import Slices


def by_items(refreshing: Refreshing, before: State) -> Outcome | None:
    """Replace the rows of the items that changed; those of others follow their sources, if these changed too.

    The others come first, and their state leaves the changed items out: a run that ends in between recomputes these again.
    None when every row has to be recomputed.
    """
    items = changed_items(refreshing.table, before.declared, refreshing.declared)
    if items is None:
        return None
    followed = refreshing.unchanged() if refreshing.is_up_to_date else _rest_followed(refreshing, items)
    if followed is None:
        return None
    changed = refreshing.of_items(items.kind, items.changed)
    rows = changed.transformed({name: refreshing.source(name) for name in refreshing.table.sources})
    outcome = published(refreshing, "items", rows, refreshing.state(before.generation), items.of_changed)
    reconciled = [*followed.reconciled, *outcome.reconciled]
    return replace(outcome, rows_out=followed.rows_out + outcome.rows_out, reconciled=reconciled)


def _rest_followed(refreshing: Refreshing, items: ChangedItems) -> Outcome | None:
    kind = refreshing.table.refresh
    if not isinstance(kind, Slices) or not refreshing.table.is_sliced_by_day:
        return None
    return by_days(refreshing.of_items(items.kind, items.unchanged), kind, items.of_unchanged)
