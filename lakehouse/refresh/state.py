"""What a table's newest commit says about how it was made: the state.

    {"consumed": {source: {"generation": g, "version": v}}, "as_of": ISO moment, "code": digest, "generation": g}

A *generation* is the version at which a table was last computed from scratch: changes are followed within one only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.store.port import Store


@dataclass(frozen=True)
class Mark:
    """A point in a table's history."""

    generation: int
    version: int


Marks = Mapping[str, Mark]


@dataclass(frozen=True)
class State:
    """How a table was made."""

    consumed: Marks
    as_of: datetime | None
    code: str
    generation: int

    def packed(self) -> dict[str, Any]:
        """The state as JSON values."""
        return {
            "consumed": {name: {"generation": m.generation, "version": m.version} for name, m in self.consumed.items()},
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "code": self.code,
            "generation": self.generation,
        }


def state_of(store: Store, name: str) -> State | None:
    """The state of the table's newest version, or None where there is no table or nobody said how it was made."""
    packed = store.last_commit(name).state if store.exists(name) else None
    if not packed or "code" not in packed:
        return None
    consumed = {source: Mark(**mark) for source, mark in packed["consumed"].items()}
    as_of = datetime.fromisoformat(packed["as_of"]) if packed["as_of"] else None
    return State(consumed, as_of, packed["code"], packed["generation"])


def marks(store: Store, names: list[str]) -> dict[str, Mark]:
    """The newest point of each table; tables that are only appended to have the one generation 0."""
    found = {}
    for name in names:
        state = state_of(store, name)
        found[name] = Mark(state.generation if state else 0, store.version(name))
    return found


def next_generation(store: Store, name: str) -> int:
    """The version that the next commit will have."""
    return store.version(name) + 1 if store.exists(name) else 0


def can_follow(store: Store, before: State | None, code: str, now: Marks) -> bool:
    """Whether the changes since `before` lead to the present: same code, same sources, each in the same generation.

    They must still be there: maintenance deletes what is old, and a table may have stayed as it was for longer.
    """
    if before is None or before.code != code or set(before.consumed) != set(now):
        return False
    return all(_leads(store, name, before.consumed[name], mark) for name, mark in now.items())


def _leads(store: Store, name: str, old: Mark, new: Mark) -> bool:
    if old == new:
        return True
    return old.generation == new.generation and old.version < new.version and store.keeps_changes(name, old.version)
