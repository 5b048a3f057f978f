"""Random funnels and events for them, few kinds of each, so that they meet often."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from lakehouse.funnels.declaration import Funnel
from tests.lakehouse.funnels.slowly import CONDITIONS, Event

NAMES = ("one", "two", "three", "four")
TYPES = ("view", "add_to_cart", "purchase")
FIRST = datetime(2024, 1, 1, tzinfo=UTC)


@st.composite
def funnels(draw: st.DrawFn, /, **fixed: Any) -> Funnel:
    """A valid funnel of one to four steps; `fixed` is what is not random."""
    order = fixed.get("order") or draw(st.sampled_from(["ordered", "strict", "any"]))
    count = draw(st.integers(1, 4))
    steps: list[dict[str, Any]] = []
    for number in range(count):
        step = {
            "name": NAMES[number],
            "event_type": draw(st.sampled_from(TYPES)),
            "where": draw(st.sampled_from([None, *CONDITIONS])),
        }
        steps.append(step | {"optional": order != "any" and number > 0 and draw(st.booleans())})
    required = [step["name"] for step in steps if not step["optional"]]
    exclude = []
    if len(required) > 1 and draw(st.booleans()):
        first = draw(st.integers(0, len(required) - 2))
        between = (required[first], required[draw(st.integers(first + 1, len(required) - 1))])
        exclude.append({"event_type": "cancel", "between": between})
    declared = {
        "name": "random",
        "unit": draw(st.sampled_from(["user", "session"])),
        "window": draw(st.sampled_from(["1h", "6h", "24h", "36h", "7d"])),
        "order": order,
        "reentry": draw(st.sampled_from(["best", "first"])),
        "steps": steps,
        "exclude": exclude,
    }
    return Funnel.model_validate(declared | fixed)


def events_of(actors: int) -> st.SearchStrategy[list[Event]]:
    """Events of a few days, many with equal timestamps, some without an actor."""
    event = st.fixed_dictionaries(
        {
            "user_id": st.sampled_from([None, *map(str, range(actors))]),
            "anonymous_id": st.sampled_from([None, "0", "v"]),
            "session_id": st.sampled_from([None, "0", "s", "t"]),
            "event_type": st.sampled_from([*TYPES, *TYPES, "cancel", "scroll"]),
            "amount": st.sampled_from([None, Decimal(0), Decimal(1)]),
            "device": st.sampled_from(["Chrome", None]),
            "product_id": st.sampled_from(["p", None]),
            "occurred_at": st.integers(0, 71).map(lambda hours: FIRST + timedelta(hours=hours)),
            "sequence_number": st.sampled_from([None, 1, 2]),
        }
    )
    return st.lists(event, max_size=25).map(lambda events: [{**e, "event_id": f"{n:03}"} for n, e in enumerate(events)])
