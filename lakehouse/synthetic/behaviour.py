"""The behaviour of a chunk of users, drawn first and written as tables afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lakehouse.synthetic.catalogue import Catalogue
from lakehouse.synthetic.events import Events, events_table, lay_out_events
from lakehouse.synthetic.inventory import Inventory, draw_inventory, inventory_table
from lakehouse.synthetic.orders import Orders, draw_orders, orders_tables
from lakehouse.synthetic.parameters import SECONDS_PER_DAY
from lakehouse.synthetic.rows import Rows, on_time
from lakehouse.synthetic.seasonality import TrafficClock
from lakehouse.synthetic.sessions import Sessions, draw_sessions
from lakehouse.synthetic.shopping import draw_views
from lakehouse.synthetic.users import Users, users_table


@dataclass(frozen=True)
class Behaviour:
    """A chunk of users with their sessions, events and orders, anonymous visitors, and the stock behind the orders."""

    users: Users
    sessions: Sessions
    events: Events
    orders: Orders
    inventory: Inventory

    @property
    def id_counts(self) -> dict[str, int]:
        """The number of ids that each table needs whose ids are counted across chunks."""
        return {
            "events": len(self.events.session),
            "orders": self.orders.count,
            "order_items": self.orders.items,
            "inventory_items": self.inventory.count,
        }


def draw_behaviour(rng: np.random.Generator, clock: TrafficClock, catalogue: Catalogue, users: Users) -> Behaviour:
    """The behaviour of `users`, and of the anonymous visitors of the same time."""
    sessions = draw_sessions(rng, clock, users)
    views = draw_views(rng, catalogue, sessions)
    events = lay_out_events(rng, sessions, views)
    orders = draw_orders(rng, sessions, views, events)
    return Behaviour(users, sessions, events, orders, draw_inventory(rng, clock, orders))


def clean_rows(
    rng: np.random.Generator,
    behaviour: Behaviour,
    ids: Mapping[str, np.ndarray],
    catalogue: Catalogue,
    uris: pa.Array,
) -> dict[str, Rows]:
    """The rows of each table without flaws; each arrives on the day of its `created_at`."""
    users, orders, inventory = behaviour.users, behaviour.orders, behaviour.inventory
    events = events_table(rng, ids["events"], users, behaviour.sessions, behaviour.events, uris)
    order_rows, item_rows = orders_tables(rng, ids, ids["inventory_items"][inventory.is_sold], users, orders, catalogue)
    stock = inventory_table(rng, ids["inventory_items"], inventory, item_rows["created_at"], catalogue)
    return {
        "users": _dated(users_table(rng, users), users.created_at),
        "events": _dated(events, behaviour.events.occurred_at),
        "orders": _dated(order_rows, orders.created_at),
        "order_items": _dated(item_rows, orders.created_at[orders.item_order]),
        "inventory_items": _dated(stock, inventory.created_at),
    }


def _dated(table: pa.Table, seconds: np.ndarray) -> Rows:
    return on_time(table, seconds // SECONDS_PER_DAY)
