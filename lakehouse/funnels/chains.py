"""Chains of events: which steps of a funnel the events of an actor match, and when.

Everything here works on whole columns of events, many actors at once, in the order of actor, then time; an event is referred
to by its position. The rules, for the chain that starts at an entry event:

- `ordered`: a step takes the earliest event that fits it after those that the steps before it took. `strict`: only the
  next event. An optional step takes an event only if it is before that of the next required step, which does not depend on
  optional steps, and before the end of the chain.
- `any`: each event in turn is taken by the first declared step that it fits and that has none. Step k is reached when k
  steps have an event.
- An event is taken by one step at most. A step counts if its event is within the window of the entry, the bound included.
- An exclusion's event between those of its two steps (after the first, and the second not yet taken) ends the chain.
- Events of one moment that the source's sequence number does not order, as they have the same or none, are taken in the order
  that lets the chain go furthest (`lakehouse.funnels.ties`), for each entry its own: steps of one second follow each other, an
  exclusion's event of the same moment is before the one step or behind the other where that is possible, and nothing has to be
  between them where the funnel is strict. Those with sequence numbers keep their order; those without stand anywhere among them.

Of an actor's chains of one UTC day, or of a range of days, `first` takes the earliest, of those that may be it the deepest;
`best` the deepest: most required steps, then most steps, then the earliest entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from lakehouse.funnels.declaration import Funnel
from lakehouse.funnels.events import Bools, Events, Ints
from lakehouse.funnels.search import Search
from lakehouse.funnels.ties import is_open, of_steps, open_entries

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1) // MICROSECOND


@dataclass(frozen=True)
class Days:
    """A range of UTC days, numbered since 1970, both ends included."""

    first: int
    last: int


@dataclass(frozen=True)
class Chains:
    """One chain for each actor and UTC day with an entry, or for each actor with one in a range of days, in their order.

    entry: position of its first event. taken: for each step the position of its event, or -1; in any order, for the
    k-th row the k-th event that was taken.
    """

    entry: Ints
    taken: Ints


def chains(funnel: Funnel, events: Events, together: Days | None = None) -> Chains:
    """The chain of each actor and UTC day; or, where days are taken `together`, of each actor that entered on one of them."""
    order = of_steps(funnel, events)
    ordered = events if order is None else events.at_positions(order)
    entries = np.flatnonzero(_is_entry(funnel, ordered))
    days = ordered.at[entries] // DAY
    if together is not None:
        entries = entries[(days >= together.first) & (days <= together.last)]
        days = np.zeros_like(entries)
    if funnel.reentry == "first":
        is_first = _is_of_first(funnel, ordered, entries, days)
        entries, days = entries[is_first], days[is_first]
    found = _followed(funnel, ordered, entries)
    search = Search(funnel)
    for column in open_entries(funnel, ordered, entries).tolist():
        found[:, column] = search.furthest(ordered, int(entries[column]))
    best = _deepest(funnel, ordered, entries, days, found)
    return _at_first_positions(order, Chains(entries[best], found[:, best]))


def _is_of_first(funnel: Funnel, events: Events, entries: Ints, days: Ints) -> Bools:
    """Which entries are the first of their actor and day, or may be: tied with it, in a group whose order is searched for."""
    is_first = _first_of_each(events.stop[entries], days)
    group = events.tie[entries]
    is_tied = group == group[is_first][np.cumsum(is_first) - 1]
    return np.asarray(is_first | (is_tied & is_open(funnel, events)[entries]))


def _at_first_positions(order: Ints | None, chains: Chains) -> Chains:
    """The chains through events in another `order`, at the positions that these had before."""
    if order is None:
        return chains
    return Chains(order[chains.entry], np.where(chains.taken < 0, -1, order[chains.taken]))


def _is_entry(funnel: Funnel, events: Events) -> Bools:
    if funnel.order != "any":
        return events.fit(0)
    return np.logical_or.reduce([events.fit(step) for step in range(len(funnel.steps))])


def _followed(funnel: Funnel, events: Events, entries: Ints) -> Ints:
    """For each step (row) and entry (column) the event taken, or -1, with events in the order in which they stand."""
    nexts = [_next(events.fit(step), funnel.order == "strict") for step in range(len(funnel.steps))]
    if funnel.order == "any":
        return _within_bounds(funnel, events, entries, _taken_in_any_order(nexts, entries))
    end = events.stop[entries]
    if funnel.exclude and any(step.optional for step in funnel.steps):
        end = _end(funnel, events, entries, _taken_in_order(funnel, events, nexts, entries, entries))
    return _within_bounds(funnel, events, entries, _taken_in_order(funnel, events, nexts, entries, end))


def _next(fit: Bools, is_strict: bool) -> Ints:
    """For each position the first event from it on that fits; if strict, the event at it or none. Two more rows mean none."""
    none = len(fit)
    fitting = np.where(fit, np.arange(none), none)
    first = fitting if is_strict else np.minimum.accumulate(fitting[::-1])[::-1]
    return np.concatenate([first, [none, none]])


def _taken_in_order(funnel: Funnel, events: Events, nexts: Sequence[Ints], entries: Ints, end: Ints) -> Ints:
    """An optional step takes no event from `end` on, nor one behind the window: later steps would be looked for behind it.

    The others may; such events, and those of another actor, are cut afterwards.
    """
    taken = np.empty((len(nexts), len(entries)), dtype=np.int64)
    taken[0] = last = entries
    for step in range(1, len(nexts)):
        here = nexts[step][last + 1]
        if funnel.steps[step].optional:
            before = np.minimum(_next_required(funnel, nexts, step)[last + 1], end)
            here = np.where((here < before) & _is_in_time(funnel, events, entries, here), here, events.none)
            last = np.where(here < events.none, here, last)
        else:
            last = here
        taken[step] = here
    return taken


def _is_in_time(funnel: Funnel, events: Events, entries: Ints, taken: Ints) -> Bools:
    at = np.append(events.at, np.iinfo(np.int64).max)
    return np.asarray(at[taken] - events.at[entries] <= funnel.window_micros)


def _next_required(funnel: Funnel, nexts: Sequence[Ints], step: int) -> Ints:
    later = [n for n in range(step, len(nexts)) if not funnel.steps[n].optional]
    return nexts[later[0]] if later else np.full_like(nexts[0], len(nexts[0]))


def _taken_in_any_order(nexts: Sequence[Ints], entries: Ints) -> Ints:
    none = len(nexts[0]) - 2
    taken = np.full((len(nexts), len(entries)), none, dtype=np.int64)
    last, columns = entries - 1, np.arange(len(entries))
    for _ in nexts:
        candidates = np.stack([np.where(t == none, n[last + 1], none) for t, n in zip(taken, nexts, strict=True)])
        step = candidates.argmin(axis=0)
        last = candidates[step, columns]
        taken[step, columns] = np.where(last < none, last, taken[step, columns])
    return taken


def _within_bounds(funnel: Funnel, events: Events, entries: Ints, taken: Ints) -> Ints:
    """Cut each chain where its actor's events, its window or an exclusion ends it."""
    end = _end(funnel, events, entries, taken)
    if funnel.order == "any":
        taken = np.sort(taken, axis=0)
    return np.where((taken < end) & _is_in_time(funnel, events, entries, taken), taken, -1)


def _end(funnel: Funnel, events: Events, entries: Ints, taken: Ints) -> Ints:
    """The position at which the actor's events or an exclusion end each chain, given the events of its required steps."""
    end = events.stop[entries]
    for number, exclusion in enumerate(funnel.exclude):
        fit = events.fit(len(funnel.steps) + number)
        end = np.minimum(end, _excluded(_next(fit, False), *(taken[funnel.position(s)] for s in exclusion.between)))
    return end


def _excluded(exclusions: Ints, one: Ints, other: Ints) -> Ints:
    """For each chain the first exclusion between the events of two steps, or a position after all."""
    first, second = np.minimum(one, other), np.maximum(one, other)
    exclusion = exclusions[first + 1]
    return np.where(exclusion < second, exclusion, len(exclusions))


def _deepest(funnel: Funnel, events: Events, entries: Ints, days: Ints, taken: Ints) -> Ints:
    """The positions, among the entries, of the deepest chain of each actor and day, the earliest of equally deep ones."""
    is_taken = taken >= 0
    required = [not step.optional for step in funnel.steps]
    actors = events.stop[entries]
    order = np.lexsort((entries, -is_taken.sum(axis=0), -is_taken[required].sum(axis=0), days, actors))
    return order[_first_of_each(actors[order], days[order])]


def _first_of_each(*keys: Ints) -> Bools:
    """Which rows differ from the row before in one of the sorted keys."""
    is_first = np.ones(len(keys[0]), dtype=bool)
    if len(is_first):
        is_first[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return is_first
