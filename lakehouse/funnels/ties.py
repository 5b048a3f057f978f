"""Events whose order is not known: those of one actor at the same moment, unless the source numbers them differently.

Those with sequence numbers keep the order of these; those without may stand anywhere among them, and those with equal numbers
change places. They count in the order that lets a chain go furthest, as in ClickHouse's windowFunnel: for each entry, of all orders
of such events, the one whose chain has the most required steps, then the most steps, then the earliest. Where the order makes no
difference, or the order of the steps is the best for every entry, nothing has to be searched: see `of_steps` and `is_open`. For
other entries `lakehouse.funnels.search` follows all orders.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lakehouse.funnels.declaration import Funnel
from lakehouse.funnels.events import Bools, Events, Ints

NEVER = np.iinfo(np.int64).max


def tied(stop: Ints, at: Ints, is_numbered: Bools, number: Ints) -> tuple[Ints, Ints]:
    """For events in order the number of the group of each, and its rank in it (`Events`).

    A group is of one actor, which ends at `stop`, and one moment; where all of its events are numbered, of one number.
    """
    if not len(stop):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    begins = _changes(stop, at)
    moment = np.cumsum(begins) - 1
    # Those without a number stand first.
    is_mixed = ~is_numbered[begins][moment] & is_numbered
    is_next = _changes(stop, at, is_numbered, number)
    place = np.cumsum(is_next & is_mixed, dtype=np.int64)
    rank = np.where(is_mixed, place - np.maximum.accumulate(np.where(begins, place, 0)), 0)
    return np.cumsum(begins | (is_next & ~is_mixed), dtype=np.int64) - 1, rank


def _changes(*columns: NDArray[np.generic]) -> Bools:
    """Which rows differ from the row before in one of the columns; the first does."""
    changes = np.ones(len(columns[0]), dtype=bool)
    changes[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return changes


def of_steps(funnel: Funnel, events: Events) -> Ints | None:
    """The positions of the events with those of a group by the first step that they fit; None where they stand so.

    An event of an earlier step is then before that of a later one: with steps in order, the order that lets chains go furthest,
    unless an event fits several steps, or a chain may go further because it left a step's event out. Groups in which some are
    numbered stay as they are.
    """
    if funnel.order != "ordered":
        return None
    lowest = np.where(events.fits == 0, NEVER, events.fits & -events.fits)
    if events.rank.any():
        lowest = np.where(_in_groups(np.maximum, events.rank, _begins(events)) > 0, 0, lowest)
    if not np.any((events.tie[1:] == events.tie[:-1]) & (lowest[1:] < lowest[:-1])):
        return None
    return np.lexsort((lowest, events.tie))


def is_open(funnel: Funnel, events: Events) -> Bools:
    """Which events are of a group whose order has to be searched for.

    It makes no difference where all that count in the group are alike; nor, without exclusions, optional steps, events that
    fit several steps and groups of which some are numbered, in any order of steps, and in their order once events stand so (`of_steps`).
    """
    if not _is_any_tied(events):
        return np.zeros(len(events.at), dtype=bool)
    is_counted = np.full(len(events.at), True) if funnel.order == "strict" else events.fits != 0
    begins = _begins(events)
    least = _in_groups(np.minimum, np.where(is_counted, events.fits, NEVER), begins)
    is_mixed = least < _in_groups(np.maximum, np.where(is_counted, events.fits, -1), begins)
    if funnel.order != "strict" and not funnel.exclude and not any(step.optional for step in funnel.steps):
        fits_several = (events.fits & (events.fits - 1)) != 0
        is_mixed &= _in_groups(np.maximum, fits_several | (events.rank > 0), begins)
    return is_mixed


def _begins(events: Events) -> Ints:
    return np.flatnonzero(np.diff(events.tie, prepend=-1))


def _in_groups(of: np.ufunc, values: NDArray[Any], begins: Ints) -> NDArray[Any]:
    """For each event the least or greatest of the values in its group."""
    return np.repeat(of.reduceat(values, begins), np.diff(begins, append=len(values)))


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
