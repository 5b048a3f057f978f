"""Events whose order is not known: those of one actor at the same moment, with the same sequence number of the source or none.

They count in the order that lets a chain go furthest, as in ClickHouse's windowFunnel: for each entry, of all orders of such
events, the one whose chain has the most required steps, then the most steps, then the earliest. Where the order makes no
difference, or the order of the steps is the best for every entry, nothing has to be searched: see `of_steps` and `is_open`. For
other entries `Search` follows all orders at once, group by group: of those in which the same steps have an event so far, only
the earliest can matter.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from lakehouse.funnels.declaration import Funnel
from lakehouse.funnels.events import Bools, Events, Ints

# The steps that have an event, as bits; those of them that took it in the group of events at hand; whether the chain is over.
Reached = tuple[int, int, bool]
NEVER = np.iinfo(np.int64).max


def tied(stop: Ints, *moments: NDArray[np.generic]) -> Ints:
    """For events in order the number of the group of each: of one actor, which ends at `stop`, and equal in all of `moments`."""
    if not len(stop):
        return np.zeros(0, dtype=np.int64)
    differs = np.logical_or.reduce([part[1:] != part[:-1] for part in (stop, *moments)])
    return np.concatenate([[0], np.cumsum(differs, dtype=np.int64)])


def of_steps(funnel: Funnel, events: Events) -> Ints | None:
    """The positions of the events with those of a group by the first step that they fit; None where they stand so.

    An event of an earlier step is then before that of a later one: with steps in order, the order that lets chains go furthest,
    unless an event fits several steps, or a chain may go further because it left a step's event out.
    """
    if funnel.order != "ordered":
        return None
    lowest = np.where(events.fits == 0, NEVER, events.fits & -events.fits)
    if not np.any((events.tie[1:] == events.tie[:-1]) & (lowest[1:] < lowest[:-1])):
        return None
    return np.lexsort((lowest, events.tie))


def is_open(funnel: Funnel, events: Events) -> Bools:
    """Which events are of a group whose order has to be searched for.

    It makes no difference where all that count in the group are alike; nor, without exclusions, optional steps and events that
    fit several steps, in any order of steps, and in their order once events stand so (`of_steps`).
    """
    if not _is_any_tied(events):
        return np.zeros(len(events.at), dtype=bool)
    is_counted = np.full(len(events.at), True) if funnel.order == "strict" else events.fits != 0
    begins = np.flatnonzero(np.diff(events.tie, prepend=-1))
    least = np.minimum.reduceat(np.where(is_counted, events.fits, NEVER), begins)
    is_mixed = least < np.maximum.reduceat(np.where(is_counted, events.fits, -1), begins)
    if funnel.order != "strict" and not funnel.exclude and not any(step.optional for step in funnel.steps):
        is_mixed &= np.maximum.reduceat((events.fits & (events.fits - 1)) != 0, begins)
    return np.repeat(is_mixed, np.diff(begins, append=len(events.at)))


def _is_any_tied(events: Events) -> bool:
    return len(events.tie) > 0 and int(events.tie[-1]) + 1 < len(events.tie)


def open_entries(funnel: Funnel, events: Events, entries: Ints) -> Ints:
    """Which of the entries have events within their window, or tied with them, whose order has to be searched for."""
    is_of_open = is_open(funnel, events)
    if not is_of_open.any():
        return np.zeros(0, dtype=np.int64)
    nexts = np.minimum.accumulate(np.where(is_of_open, np.arange(events.none), events.none)[::-1])[::-1]
    first = nexts[first_tied(events)[entries]]
    at = np.append(events.at, NEVER)
    return np.flatnonzero((first < events.stop[entries]) & (at[first] - events.at[entries] <= funnel.window_micros))


def first_tied(events: Events) -> Ints:
    """For each event the position of the first of its group."""
    return np.searchsorted(events.tie, events.tie)


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
        self._known: dict[tuple[int, tuple[int, ...], bool], frozenset[Reached]] = {}

    def furthest(self, events: Events, entry: int) -> list[int]:
        """For each step the position of an event of the group in which it is taken, or -1; in any order, of the k-th taken."""
        chains = {self._begun(int(events.fits[entry])): tuple([entry] * self._count)}
        over: list[tuple[int, tuple[int, ...]]] = []
        for number, (position, fits) in enumerate(self._groups(events, entry)):
            later: dict[int, tuple[int, ...]] = {}
            for before, taken in chains.items():
                for steps, fresh, is_over in self._through(before, fits, is_of_entry=number == 0):
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

    def _groups(self, events: Events, entry: int) -> Iterator[tuple[int, tuple[int, ...]]]:
        """From the entry's own group on: its first position, and what those that count in it fit, without the entry."""
        start, end = int(np.searchsorted(events.tie, events.tie[entry])), int(events.stop[entry])
        end = start + int(np.searchsorted(events.at[start:end], events.at[entry] + self._funnel.window_micros, side="right"))
        rows = zip(events.tie[start:end].tolist(), range(start, end), events.fits[start:end].tolist(), strict=True)
        is_strict = self._funnel.order == "strict"
        for _, group in groupby(rows, key=lambda row: row[0]):
            members = list(group)
            fits = sorted(fit for _, position, fit in members if position != entry and (fit or is_strict))
            if fits or members[0][1] == start:
                yield (entry if members[0][1] == start else members[0][1]), self._few(fits)

    def _few(self, fits: Sequence[int]) -> tuple[int, ...]:
        """Of those that fit the same, more than the steps that they fit make no difference; strictly one more ends the chain."""
        spare = int(self._funnel.order == "strict")
        return tuple(fit for kind, alike in groupby(fits) for fit in list(alike)[: max(1, kind.bit_count() + spare)])

    def _through(self, before: int, fits: tuple[int, ...], is_of_entry: bool) -> frozenset[Reached]:
        """What chains can have become behind a group, of those that came to it with the steps `before`, over all its orders."""
        key = (before, fits, is_of_entry)
        if key not in self._known:
            self._known[key] = frozenset(self._followed(before, fits, is_of_entry))
        return self._known[key]

    def _followed(self, before: int, fits: tuple[int, ...], is_of_entry: bool) -> set[Reached]:
        """Orders are distinguished by the events that changed something; the others have to have had a place where they do not."""
        found: set[Reached] = set()
        seen = set()
        # What is tied with the entry may also have been before it.
        placed = frozenset(filter(self._may_precede, fits)) if is_of_entry else frozenset()
        ahead = [(before, 0, fits, placed)]
        while ahead:
            here = steps, fresh, rest, placed = ahead.pop()
            if here in seen:
                continue
            seen.add(here)
            moves = {fit: self._moved(steps, fit) for fit in rest}
            placed = placed.union(fit for fit, moved in moves.items() if moved == steps)
            if placed.issuperset(rest):
                found.add((steps, fresh, False))
            for fit, moved in moves.items():
                if moved is None:
                    found.add((steps, fresh, True))
                elif moved != steps:
                    n = rest.index(fit)
                    ahead.append((moved, fresh & moved | moved & ~steps, rest[:n] + rest[n + 1 :], placed))
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
