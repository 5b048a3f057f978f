"""Stitching and sessions by the definition, in plain Python: slow, and obviously right."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

Event = Mapping[str, Any]
GAP = timedelta(minutes=30)


def stitched(events: Iterable[Event]) -> dict[str, tuple[str | None, str]]:
    """For each event (event_id, given user_id, anonymous_id, occurred_at, sequence_number) its user and its session."""
    events = list(events)
    users_of: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event["anonymous_id"] is not None and event["user_id"] is not None:
            users_of[event["anonymous_id"]].add(event["user_id"])
    by_actor: dict[tuple[str, str], list[tuple[Event, str | None]]] = defaultdict(list)
    for event in events:
        user = event["user_id"] or _only(users_of[event["anonymous_id"]] if event["anonymous_id"] else set())
        actor = ("user", user) if user else ("visitor", str(event["anonymous_id"]))
        by_actor[actor].append((event, user))
    return {event_id: found for actors in by_actor.values() for event_id, found in _sessions(actors)}


def countries(events: Iterable[Event]) -> dict[str, str | None]:
    """For each event its country: its own, else that of the first of its user's events that has one."""
    events = list(events)
    user_of = {event_id: user for event_id, (user, _) in stitched(events).items()}
    known: dict[str, str] = {}
    for event in sorted(events, key=_order):
        user = user_of[event["event_id"]]
        if user and event["country"]:
            known.setdefault(user, event["country"])
    return {e["event_id"]: e["country"] or known.get(user_of[e["event_id"]] or "") for e in events}


def _only(users: set[str]) -> str | None:
    return next(iter(users)) if len(users) == 1 else None


def _sessions(events: list[tuple[Event, str | None]]) -> Iterable[tuple[str, tuple[str | None, str]]]:
    last: datetime | None = None
    session = ""
    for event, user in sorted(events, key=lambda pair: _order(pair[0])):
        if last is None or event["occurred_at"] - last > GAP:
            session = event["event_id"]
        last = event["occurred_at"]
        yield event["event_id"], (user, session)


def _order(event: Event) -> tuple[datetime, int, str]:
    number = event.get("sequence_number")
    return event["occurred_at"], -1 if number is None else number, event["event_id"]
