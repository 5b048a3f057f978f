"""Funnels recomputed slowly in plain Python: one actor, one order of tied events and one entry at a time, from the rules."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, permutations, product
from typing import Any

from lakehouse.funnels.declaration import Exclusion, Funnel, Step

Event = Mapping[str, Any]
Steps = list[Event | None]
# Conditions that tests declare, and their functions of an event.
CONDITIONS: Mapping[str | None, Callable[[Event], bool]] = {
    None: lambda event: True,
    "amount > 0": lambda event: event.get("amount") is not None and event["amount"] > 0,
    "device = 'Chrome' or product_id is null": lambda event: event.get("device") == "Chrome" or event.get("product_id") is None,
}


@dataclass(frozen=True)
class Chain:
    """The chain that counts for an actor and a day: its entry, and for each step its event."""

    entry: Event
    steps: Steps

    @property
    def depth(self) -> int:
        """How many steps have an event."""
        return sum(step is not None for step in self.steps)


def fits(part: Step | Exclusion, event: Event) -> bool:
    """Whether the event is one of the step, or of the exclusion."""
    return event["event_type"] == part.event_type and CONDITIONS[part.where if isinstance(part, Step) else None](event)


def in_order(events: Iterable[Event]) -> list[Event]:
    """By time, then the source's sequence number (none first), then id."""

    def key(event: Event) -> tuple[Any, ...]:
        number = event.get("sequence_number")
        return event["occurred_at"], number is not None, number or 0, event.get("event_id") or ""

    return sorted(events, key=key)


def actor_of(funnel: Funnel, event: Event) -> tuple[str, str] | None:
    """Kind and id of the actor that the funnel counts the event for, if any."""
    kinds = ["session"] if funnel.unit == "session" else ["user", "anonymous"]
    return next(((kind, event[f"{kind}_id"]) for kind in kinds if event.get(f"{kind}_id") is not None), None)


def counted(funnel: Funnel, events: Iterable[Event]) -> dict[tuple[tuple[str, str], date], Chain]:
    """The chain of each actor and day of entry."""
    by_actor = defaultdict(list)
    for event in in_order(events):
        actor = actor_of(funnel, event)
        if actor is not None:
            by_actor[actor].append(event)
    return {(actor, day): chain for actor, own in by_actor.items() for day, chain in counted_of_actor(funnel, own).items()}


def counted_together(funnel: Funnel, events: Iterable[Event], first: date, last: date) -> dict[tuple[str, str], Chain]:
    """The chain of each actor that entered on one of the days, ends included."""
    by_actor = defaultdict(list)
    for (actor, day), chain in sorted(counted(funnel, events).items(), key=lambda found: found[0][1]):
        if first <= day <= last:
            by_actor[actor].append(chain)
    best = (lambda chains: chains[0]) if funnel.reentry == "first" else (lambda cs: max(cs, key=lambda c: _depth(funnel, c)))
    return {actor: best(chains) for actor, chains in by_actor.items()}


def counted_of_actor(funnel: Funnel, events: Sequence[Event]) -> dict[date, Chain]:
    """The chain that counts on each day, of one actor's events in order; of all orders of events that are tied, the best."""
    found: dict[date, list[Chain]] = defaultdict(list)
    for order in orders(funnel, events):
        for day, chains in _by_day(funnel, order).items():
            found[day] += chains[:1] if funnel.reentry == "first" else chains
    place = {id(event): position for position, event in enumerate(events)}
    return {
        day: min(chains, key=lambda c: (*_shallowness(funnel, c), place[id(c.entry)], _times(funnel, c)))
        for day, chains in found.items()
    }


def orders(funnel: Funnel, events: Sequence[Event]) -> Iterator[list[Event]]:
    """All orders of one actor's events in which those of one moment change places, save those that the source numbers."""
    moments = [list(group) for _, group in groupby(events, key=lambda event: event["occurred_at"])]
    for chosen in product(*(_changed(funnel, group) for group in moments)):
        yield [event for group in chosen for event in group]


def _changed(funnel: Funnel, group: list[Event]) -> list[list[Event]]:
    """The group in all orders that differ in what its events fit, events that count nowhere behind the others."""
    signed = [(tuple(fits(part, event) for part in funnel.parts), event) for event in group]
    counting = [(sign, event) for sign, event in signed if any(sign) or funnel.order == "strict"]
    if len({sign for sign, _ in counting}) < 2:
        return [group]
    rest = [event for sign, event in signed if not any(sign) and funnel.order != "strict"]
    changed = [[event for _, event in order] for order in permutations(counting)]
    return [order + rest for order in changed if _is_as_numbered(order)]


def _is_as_numbered(order: Sequence[Event]) -> bool:
    numbers = [event["sequence_number"] for event in order if event.get("sequence_number") is not None]
    return numbers == sorted(numbers)


def _by_day(funnel: Funnel, events: Sequence[Event]) -> dict[date, list[Chain]]:
    by_day = defaultdict(list)
    for position, event in enumerate(events):
        starts = funnel.steps if funnel.order == "any" else funnel.steps[:1]
        if any(fits(step, event) for step in starts):
            by_day[event["occurred_at"].astimezone(UTC).date()].append(chain_from(funnel, events, position))
    return by_day


def _shallowness(funnel: Funnel, chain: Chain) -> tuple[int, int]:
    required, taken = _depth(funnel, chain)
    return -required, -taken


def _times(funnel: Funnel, chain: Chain) -> list[int]:
    """When the required steps were reached, then the optional ones, which change nothing of the others."""
    times = [10**18 if micros is None else micros for micros in elapsed(chain)]
    return [times[n] for n, step in sorted(enumerate(funnel.steps), key=lambda at: (at[1].optional, at[0]))]


def _depth(funnel: Funnel, chain: Chain) -> tuple[int, int]:
    required = [event for step, event in zip(funnel.steps, chain.steps, strict=True) if not step.optional]
    return sum(event is not None for event in required), chain.depth


def chain_from(funnel: Funnel, events: Sequence[Event], entry: int) -> Chain:
    """The chain that starts at the event at position `entry`."""
    find = {"ordered": _ordered, "strict": _strict, "any": _in_any_order}[funnel.order]
    positions = find(funnel, events, entry)
    last = min([len(events), *(_excluded_at(funnel, e, events, positions) for e in funnel.exclude)])
    in_time = events[entry]["occurred_at"] + funnel.window
    kept = [p if p is not None and p < last and events[p]["occurred_at"] <= in_time else None for p in positions]
    if funnel.order == "any":
        kept = [*sorted(p for p in kept if p is not None), *(p for p in kept if p is None)]
    return Chain(events[entry], [None if p is None else events[p] for p in kept])


def _ordered(funnel: Funnel, events: Sequence[Event], entry: int) -> list[int | None]:
    positions: list[int | None] = [None] * len(funnel.steps)
    last: int | None = entry
    for number, step in enumerate(funnel.steps):
        if not step.optional and last is not None:
            last = positions[number] = entry if number == 0 else _first(events, step, last + 1)
    end = min([len(events), *(_excluded_at(funnel, e, events, positions) for e in funnel.exclude)])
    in_time = [p for p in range(end) if events[p]["occurred_at"] <= events[entry]["occurred_at"] + funnel.window]
    for number, step in enumerate(funnel.steps):
        required_before = max(n for n in range(number + 1) if not funnel.steps[n].optional)
        if step.optional and positions[required_before] is not None:
            after = max(p for p in positions[:number] if p is not None and p >= (positions[required_before] or 0))
            later = [p for n, p in enumerate(positions[number:], number) if p is not None and not funnel.steps[n].optional]
            fitting = (p for p in in_time if after < p < min([*later, len(events)]) and fits(step, events[p]))
            positions[number] = next(fitting, None)
    return positions


def _first(events: Sequence[Event], step: Step, start: int) -> int | None:
    return next((p for p in range(start, len(events)) if fits(step, events[p])), None)


def _next_required(funnel: Funnel, number: int) -> Step | None:
    return next((step for step in funnel.steps[number:] if not step.optional), None)


def _strict(funnel: Funnel, events: Sequence[Event], entry: int) -> list[int | None]:
    positions: list[int | None] = [entry, *[None] * (len(funnel.steps) - 1)]
    here, number = entry + 1, 1
    while here < len(events) and number < len(funnel.steps):
        required = _next_required(funnel, number)
        candidates = [
            n for n in range(number, len(funnel.steps)) if _may_be_next(funnel, number, n) and fits(funnel.steps[n], events[here])
        ]
        if not candidates:
            break
        chosen = next((n for n in candidates if funnel.steps[n] is required), candidates[0])
        positions[chosen], here, number = here, here + 1, chosen + 1
    return positions


def _may_be_next(funnel: Funnel, number: int, candidate: int) -> bool:
    """Only optional steps are between the two."""
    return all(step.optional for step in funnel.steps[number:candidate])


def _in_any_order(funnel: Funnel, events: Sequence[Event], entry: int) -> list[int | None]:
    positions: list[int | None] = [None] * len(funnel.steps)
    for position in range(entry, len(events)):
        free = [n for n, step in enumerate(funnel.steps) if positions[n] is None and fits(step, events[position])]
        if free:
            positions[free[0]] = position
    return positions


def _excluded_at(funnel: Funnel, exclusion: Exclusion, events: Sequence[Event], positions: Sequence[int | None]) -> int:
    """The position of the first such event between the two steps, if any."""
    one, other = (positions[funnel.position(name)] for name in exclusion.between)
    if one is None and other is None:
        return len(events)
    first = min(p for p in (one, other) if p is not None)
    last = max(one, other) if one is not None and other is not None else len(events)
    return next((p for p in range(first + 1, last) if fits(exclusion, events[p])), len(events))


def elapsed(chain: Chain) -> list[int | None]:
    """Microseconds from the entry to each step."""
    began = chain.entry["occurred_at"]
    return [None if event is None else (event["occurred_at"] - began) // timedelta(microseconds=1) for event in chain.steps]


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
