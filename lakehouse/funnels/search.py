"""Chains through groups of events whose order is open (`lakehouse.funnels.ties`), one entry at a time.

All orders are followed at once, group by group: of those in which the same steps have an event so far, only the earliest can matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from lakehouse.funnels.declaration import Funnel
from lakehouse.funnels.events import Events
from lakehouse.funnels.ties import NEVER

# The steps that have an event, as bits; those of them that took it in the group of events at hand; whether the chain is over.
Reached = tuple[int, int, bool]
# What the events fit that stand in the order of their sequence numbers: for each number, in any order, those that have it.
Numbered = tuple[tuple[int, ...], ...]
# How many of the numbers are behind, and what is left of the next one; nothing behind the last.
Place = tuple[int, tuple[int, ...]]


@dataclass(frozen=True)
class Group:
    """What the events of a group fit, without the entry: `free` those that may stand anywhere, and those that are `numbered`.

    is_of_entry: the entry is of the group, so that others may be before it: free ones, and of those that are numbered the first
    `before` numbers. is_behind_another: one whose number is before that of the entry is an entry itself, and the first one counts.
    """

    free: tuple[int, ...]
    numbered: Numbered = ()
    is_of_entry: bool = False
    before: int = 0
    is_behind_another: bool = False


class Search:
    """The chains of a funnel through events whose order is open, one entry at a time."""

    def __init__(self, funnel: Funnel) -> None:
        """Nothing is followed yet; what became of a group is kept for other entries with the same."""
        self._funnel = funnel
        self._count = len(funnel.steps)
        self._required = [n for n, step in enumerate(funnel.steps) if not step.optional]
        self._exclusions = [
            (1 << self._count + n, *(1 << funnel.position(name) for name in exclusion.between))
            for n, exclusion in enumerate(funnel.exclude)
        ]
        self._known: dict[tuple[int, Group], frozenset[Reached]] = {}

    def furthest(self, events: Events, entry: int) -> list[int]:
        """For each step the position of an event of the group in which it is taken, or -1; in any order, of the k-th taken."""
        chains = {self._begun(int(events.fits[entry])): tuple([entry] * self._count)}
        over: list[tuple[int, tuple[int, ...]]] = []
        for position, group in self._groups(events, entry):
            later: dict[int, tuple[int, ...]] = {}
            for before, taken in chains.items():
                for steps, fresh, is_over in self._through(before, group):
                    at = tuple(position if fresh >> n & 1 else taken[n] for n in range(self._count))
                    if is_over:
                        over.append((steps, at))
                    elif steps not in later or self._order(steps, at) < self._order(steps, later[steps]):
                        later[steps] = at
            chains = later
        steps, at = min([*over, *chains.items()], key=lambda chain: (self._shallowness(chain[0]), self._order(*chain)))
        return self._placed(steps, at)

    def _begun(self, fits: int) -> int:
        return self._first(fits, range(self._count)) if self._funnel.order == "any" else 1

    def _groups(self, events: Events, entry: int) -> Iterator[tuple[int, Group]]:
        """From the entry's own group on: its first position, and what is in it. One that comes before the entry is left out."""
        start, end = int(np.searchsorted(events.tie, events.tie[entry])), int(events.stop[entry])
        end = start + int(np.searchsorted(events.at[start:end], events.at[entry] + self._funnel.window_micros, side="right"))
        columns = (
            events.tie[start:end].tolist(),
            range(start, end),
            events.fits[start:end].tolist(),
            events.rank[start:end].tolist(),
        )
        is_strict = self._funnel.order == "strict"
        for _, group in groupby(zip(*columns, strict=True), key=lambda row: row[0]):
            members = list(group)
            is_of_entry = members[0][1] == start
            counted = [(rank, fit) for _, position, fit, rank in members if position != entry and (fit or is_strict)]
            if counted or is_of_entry:
                yield (
                    (entry if is_of_entry else members[0][1]),
                    self._group(counted, int(events.rank[entry]) if is_of_entry else None),
                )

    def _group(self, counted: Sequence[tuple[int, int]], of_entry: int | None) -> Group:
        """Of events given as rank and what they fit; of_entry: the entry's rank, if it is of the group."""
        free = self._few(sorted(fit for rank, fit in counted if not rank))
        in_order = groupby([event for event in counted if event[0]], key=lambda event: event[0])
        numbered = {rank: tuple(sorted(fit for _, fit in alike)) for rank, alike in in_order}
        if of_entry is None:
            return Group(free, tuple(numbered.values()))
        earlier = [fit for rank, fits in numbered.items() if rank < of_entry for fit in fits]
        later = {rank: fits for rank, fits in numbered.items() if rank >= of_entry}
        before = int(of_entry in later) if of_entry else len(later)
        return Group(free, tuple(later.values()), True, before, not all(map(self._may_precede, earlier)))

    def _few(self, fits: Sequence[int]) -> tuple[int, ...]:
        """Of those that fit the same, more than the steps that they fit make no difference; strictly one more ends the chain."""
        spare = int(self._funnel.order == "strict")
        return tuple(fit for kind, alike in groupby(fits) for fit in list(alike)[: max(1, kind.bit_count() + spare)])

    def _through(self, before: int, group: Group) -> frozenset[Reached]:
        """What chains can have become behind a group, of those that came to it with the steps `before`, over all its orders."""
        key = (before, group)
        if key not in self._known:
            self._known[key] = frozenset(self._followed(before, group))
        return self._known[key]

    def _followed(self, before: int, group: Group) -> set[Reached]:
        """Orders are distinguished by the events that changed something; free ones otherwise have to have had a place where they do not."""
        if group.is_behind_another:
            return {(before, 0, True)}
        found: set[Reached] = set()
        seen = set()
        # What is tied with the entry may also have been before it.
        placed = frozenset(filter(self._may_precede, group.free)) if group.is_of_entry else frozenset()
        ahead = [(before, 0, group.free, placed, *place) for place in self._behind_the_entry(group)]
        while ahead:
            here = steps, fresh, rest, placed, number, tied = ahead.pop()
            if here in seen:
                continue
            seen.add(here)
            moves = {fit: self._moved(steps, fit) for fit in rest}
            placed = placed.union(fit for fit, moved in moves.items() if moved == steps)
            if placed.issuperset(rest) and not tied:
                found.add((steps, fresh, False))
            onward = [(moved, _without(rest, fit), (number, tied)) for fit, moved in moves.items() if moved != steps]
            onward += [(self._moved(steps, fit), rest, _behind(group.numbered, number, tied, fit)) for fit in set(tied)]
            for moved, free, later in onward:
                if moved is None:
                    found.add((steps, fresh, True))
                else:
                    ahead.append((moved, fresh & moved | moved & ~steps, free, placed, *later))
        return found

    def _behind_the_entry(self, group: Group) -> set[Place]:
        """Where among those that are numbered the entry may be."""
        first = (0, group.numbered[0]) if group.numbered else (0, ())
        found, ahead = {first}, [first]
        while ahead:
            number, tied = ahead.pop()
            for fit in filter(self._may_precede, set(tied) if number < group.before else ()):
                place = _behind(group.numbered, number, tied, fit)
                if place not in found:
                    found.add(place)
                    ahead.append(place)
        return found

    def _may_precede(self, fit: int) -> bool:
        """Whether the entry may be the first that counts, with such an event before it."""
        if self._funnel.reentry == "best":
            return True
        return not (fit & (1 if self._funnel.order != "any" else (1 << self._count) - 1))

    def _moved(self, steps: int, fit: int) -> int | None:
        """The steps that have an event behind one that fits `fit`; None where it ends the chain."""
        if self._funnel.order == "strict":
            return self._moved_strictly(steps, fit)
        for bit, one, other in self._exclusions:
            if fit & bit and bool(steps & one) != bool(steps & other):
                return None
        if self._funnel.order == "any":
            return steps | self._first(fit & ~steps, range(self._count))
        last, following = self._around(steps)
        if following < self._count and fit >> following & 1:
            return steps | 1 << following
        taken = self._first(fit & ~steps, range(last + 1, following))
        # Later optional steps are looked for behind it.
        behind = sum(1 << n for n in range(last + 1, following) if 1 << n > taken) if taken else 0
        return (steps | taken) & ~behind

    def _moved_strictly(self, steps: int, fit: int) -> int | None:
        _, following = self._around(steps)
        if following < self._count and fit >> following & 1:
            return steps | 1 << following
        taken = self._first(fit, range(steps.bit_length(), following))
        return steps | taken if taken else None

    def _around(self, steps: int) -> tuple[int, int]:
        """The last required step that has an event, and the next required one, or the number of steps."""
        last = max(n for n in self._required if steps >> n & 1)
        return last, next((n for n in self._required if n > last), self._count)

    def _first(self, fit: int, of: range) -> int:
        return next((1 << n for n in of if fit >> n & 1), 0)

    def _shallowness(self, steps: int) -> tuple[int, int]:
        return -sum(steps >> n & 1 for n in self._required), -steps.bit_count()

    def _order(self, steps: int, taken: tuple[int, ...]) -> list[int]:
        """What is less for a chain whose required steps, then whose optional ones, are earlier; in any order, those taken."""
        if self._funnel.order == "any":
            return sorted(at for n, at in enumerate(taken) if steps >> n & 1)
        by_rank = [*self._required, *(n for n, step in enumerate(self._funnel.steps) if step.optional)]
        return [taken[n] if steps >> n & 1 else NEVER for n in by_rank]

    def _placed(self, steps: int, taken: tuple[int, ...]) -> list[int]:
        found = [at if steps >> n & 1 else -1 for n, at in enumerate(taken)]
        return sorted(found, key=lambda at: (at < 0, at)) if self._funnel.order == "any" else found


def _without(fits: tuple[int, ...], fit: int) -> tuple[int, ...]:
    at = fits.index(fit)
    return fits[:at] + fits[at + 1 :]


def _behind(numbered: Numbered, number: int, tied: tuple[int, ...], fit: int) -> Place:
    """The place behind an event that fits so, one of those that are left of a number."""
    left = _without(tied, fit)
    if left or number + 1 == len(numbered):
        return number, left
    return number + 1, numbered[number + 1]
