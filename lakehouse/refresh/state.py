"""What a table's newest commit says about how it was made: the state.

    {"consumed": {source: {"generation": g, "version": v}}, "as_of": ISO moment, "code": digest, "generation": g,
     "declared": {kind: {item: digest}}, "engines": {engine: revision}}

A *generation* is the version at which a table was last computed from scratch: changes are followed within one only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from lakehouse.refresh.run import FIRST
from libs.engines.revisions import REVISIONS
from libs.store.port import Store
from libs.store.reader import Reader


@dataclass(frozen=True)
class Mark:
    """A point in a table's history."""

    generation: int
    version: int


Marks = Mapping[str, Mark]
Declared = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class State:
    """How a table was made.

    consumed: the point of each source up to which it was read. code: digest of what makes the rows.
    declared: of each kind of declaration that the transform takes, the digest of each item.
    engines: the revision of every engine that has made rows of this generation.
    """

    consumed: Marks
    as_of: datetime | None
    code: str
    generation: int
    declared: Declared = field(default_factory=dict)
    engines: Mapping[str, int] = field(default_factory=dict)

    def packed(self) -> dict[str, Any]:
        """The state as JSON values."""
        return {
            "consumed": {name: {"generation": m.generation, "version": m.version} for name, m in self.consumed.items()},
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "code": self.code,
            "generation": self.generation,
            "declared": {kind: dict(items) for kind, items in self.declared.items()},
            "engines": dict(self.engines),
        }


def successor(
    store: Store,
    before: State | None,
    consumed: Marks,
    code: str,
    generation: int,
    as_of: datetime | None = None,
    declared: Declared | None = None,
) -> State:
    """The state after a write by the store's engine; within a generation, engines that wrote earlier stay named."""
    earlier = before.engines if before is not None and before.generation == generation else {}
    return State(consumed, as_of, code, generation, declared or {}, {**earlier, store.engine: REVISIONS[store.engine]})


def state_of(store: Reader, name: str) -> State | None:
    """The state of the table's newest version, or None where there is no table or nobody said how it was made."""
    packed = store.last_commit(name).state if store.exists(name) else None
    if not packed or "code" not in packed:
        return None
    consumed = {source: Mark(**mark) for source, mark in packed["consumed"].items()}
    as_of = datetime.fromisoformat(packed["as_of"]) if packed["as_of"] else None
    return State(consumed, as_of, packed["code"], packed["generation"], packed.get("declared", {}), packed.get("engines", {}))


def state_before(store: Reader, name: str, now: Marks) -> State | None:
    """The state of the table before it is refreshed from sources that are at `now`.

    Upkeep, and commits of a state alone, change no row: who has read a source up to the version before them has read the newest one.
    """
    before = state_of(store, name)
    if before is None:
        return None
    same = {source for source, mark in before.consumed.items() if source in now and _is_same(store, source, mark, now[source])}
    return replace(before, consumed={source: now[source] if source in same else mark for source, mark in before.consumed.items()})


def _is_same(store: Reader, name: str, read: Mark, now: Mark) -> bool:
    is_later = read.generation == now.generation and read.version < now.version
    return is_later and store.has_same_rows(name, read.version)


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


def why_rebuilt(store: Reader, before: State | None, code: str, now: Marks) -> str | None:
    """Why the table has to be computed in full; None when the changes since `before` lead to the present.

    They do with the same code, engines and sources, each in the same generation, whose changes still exist: maintenance
    deletes what is old, and a table may have stayed as it was for longer.
    """
    if before is None:
        return FIRST
    # A new source's contract is code of the table, too.
    if set(before.consumed) != set(now):
        return "it is made of other tables than before"
    if before.code != code:
        return "its code or declaration changed"
    if any(REVISIONS.get(engine) != revision for engine, revision in before.engines.items()):
        return "the engine that made it had a fault, which is fixed"
    if any(before.consumed[name].generation != mark.generation for name, mark in now.items()):
        return "a source was computed in full"
    return None if _are_kept(store, before.consumed, now) else "changes of a source were deleted by maintenance"


def _are_kept(store: Reader, consumed: Marks, now: Marks) -> bool:
    newer = {name: consumed[name].version for name, mark in now.items() if consumed[name] != mark}
    return all(version < now[name].version and store.keeps_changes(name, version) for name, version in newer.items())
