"""Declared items, such as funnels, whose rows are recomputed when the item's own declaration changed, and no others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lakehouse.catalogue.declarations import Declaration
from lakehouse.catalogue.digest import digest
from lakehouse.refresh.state import Declared
from libs.store.conditions import Column, Condition, Equal, Or
from libs.tables import Table


@dataclass(frozen=True)
class ChangedItems:
    """Of one kind of declaration: the items that changed, came or went, and those that are as before.

    column: the table's column that names the item of a row.
    """

    kind: str
    column: str
    changed: frozenset[str]
    unchanged: frozenset[str]

    @property
    def of_changed(self) -> Condition:
        """The row is of an item that changed."""
        return _is_of(self.column, self.changed)

    @property
    def of_unchanged(self) -> Condition:
        """The row is of an item that did not change."""
        return _is_of(self.column, self.unchanged)


def digests_of(declarations: Mapping[str, Declaration]) -> Declared:
    """The digest of each declared item, by kind and name."""
    return {kind: {name: digest(item) for name, item in d.items.items()} for kind, d in declarations.items()}


def changed_items(table: Table, before: Declared, now: Declared) -> ChangedItems | None:
    """What changed between two states of the declarations; None when all rows have to be recomputed for it."""
    kinds = [kind for kind in now if before.get(kind) != now[kind]]
    if len(kinds) != 1 or kinds[0] not in table.items or set(before) != set(now):
        return None
    old, new = before[kinds[0]], now[kinds[0]]
    unchanged = frozenset(name for name in new if old.get(name) == new[name])
    changed = frozenset({*old, *new}) - unchanged
    return ChangedItems(kinds[0], table.items[kinds[0]], changed, unchanged) if unchanged else None


def _is_of(column: str, names: Iterable[str]) -> Condition:
    return Or(tuple(Equal(Column(column), name) for name in sorted(names)))
