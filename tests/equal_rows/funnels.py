"""Random funnels of every kind: orders, re-entry, optional steps, exclusions, users and sessions, breakdowns."""

import random
from typing import Any

from lakehouse.funnels.declaration import Funnel, Funnels
from lakehouse.silver import events
from libs.tables import STRING

TYPES = ("page_view", "view", "add_to_cart", "purchase")
EXCLUDED = ("cancel", "scroll")
CONDITIONS = (None, None, "amount > 0", "device = 'Chrome' or product_id is null", "country in ('ß', '😀')", "not page = ''")
WINDOWS = ("90s", "1h", "24h", "36h", "7d", "40d")
BREAKDOWNS = [c.name for c in events.TABLE.columns if c.type == STRING and not c.name.startswith("_") and c.name != "event_id"]


def random_funnels(seed: int, count: int = 12) -> Funnels:
    """`count` funnels; orders, re-entry and units alternate, so that each of their combinations is among twelve."""
    chance = random.Random(seed)
    return Funnels(funnels=tuple(_funnel(chance, number) for number in range(count)))


def _funnel(chance: random.Random, number: int) -> Funnel:
    order = ("ordered", "strict", "any")[number % 3]
    steps = [_step(chance, position, order) for position in range(chance.randint(1, 4))]
    return Funnel.model_validate(
        {
            "name": f"funnel_{number}",
            "unit": ("user", "session")[number // 3 % 2],
            "window": chance.choice(WINDOWS),
            "order": order,
            "reentry": ("best", "first")[number // 6 % 2],
            "steps": steps,
            "exclude": _exclusions(chance, steps),
            "breakdowns": chance.sample(BREAKDOWNS, chance.choice([0, 1, 2])),
        }
    )


def _step(chance: random.Random, position: int, order: str) -> dict[str, Any]:
    optional = order != "any" and position > 0 and chance.random() < 0.3
    step = {"name": f"step_{position}", "event_type": chance.choice(TYPES), "optional": optional}
    return step | {"where": chance.choice(CONDITIONS)}


def _exclusions(chance: random.Random, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    required = [step["name"] for step in steps if not step["optional"]]
    if len(required) < 2 or chance.random() < 0.4:
        return []
    first, last = sorted(chance.sample(range(len(required)), 2))
    return [{"event_type": chance.choice(EXCLUDED), "between": (required[first], required[last])}]
