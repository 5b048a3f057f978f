"""Orders and their items: a session that buys places one order, at the time of its purchase event.

An item is dated as its order. An order's status is final as written: later exports do not change it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lakehouse.synthetic.catalogue import Catalogue
from lakehouse.synthetic.events import PURCHASE, Events
from lakehouse.synthetic.parameters import SECONDS_PER_DAY
from lakehouse.synthetic.sessions import Sessions
from lakehouse.synthetic.shopping import Views
from lakehouse.synthetic.text_forms import pick, timestamps
from lakehouse.synthetic.users import GENDERS, Users

STATUSES = ("Shipped", "Complete", "Processing", "Cancelled", "Returned")
STATUS_SHARES = (0.30, 0.25, 0.20, 0.15, 0.10)
SHIPPED, COMPLETE, PROCESSING, CANCELLED, RETURNED = range(len(STATUSES))
# Longest times to ship, to deliver after that, and to return after that.
DAYS_TO_SHIP, DAYS_TO_DELIVER, DAYS_TO_RETURN = 3, 5, 3


@dataclass(frozen=True)
class Orders:
    """A chunk of orders, one entry each, and of their items: `item_order` is the order's position in the chunk."""

    user: np.ndarray
    created_at: np.ndarray
    status: np.ndarray
    item_order: np.ndarray
    item_product: np.ndarray

    @property
    def count(self) -> int:
        """The number of orders in the chunk."""
        return len(self.user)

    @property
    def items(self) -> int:
        """The number of order items in the chunk."""
        return len(self.item_order)


def draw_orders(rng: np.random.Generator, sessions: Sessions, views: Views, events: Events) -> Orders:
    """The orders of the sessions that buy."""
    is_purchase = events.event_type == PURCHASE
    session = events.session[is_purchase]
    bought_in = views.session[views.is_bought]
    return Orders(
        user=sessions.user[session],
        created_at=events.occurred_at[is_purchase],
        status=rng.choice(len(STATUSES), len(session), p=STATUS_SHARES),
        # Both are in order of session, so a session's position among those that buy is its order's.
        item_order=np.searchsorted(session, bought_in),
        item_product=views.product[views.is_bought],
    )


def orders_tables(
    rng: np.random.Generator,
    ids: Mapping[str, np.ndarray],
    inventory_ids: np.ndarray,
    users: Users,
    orders: Orders,
    catalogue: Catalogue,
) -> tuple[pa.Table, pa.Table]:
    """The rows of `orders` and of `order_items`, with `ids` by table; `inventory_ids` are the items that were sold."""
    columns = {
        "order_id": ids["orders"],
        "user_id": users.ids[orders.user],
        "status": pick(STATUSES, orders.status),
        "gender": pick(GENDERS, users.gender[orders.user]),
        **_times(rng, orders),
        "num_of_item": np.bincount(orders.item_order, minlength=orders.count),
    }
    order_rows = pa.table(columns)
    of_order = order_rows.take(pa.array(orders.item_order))
    item_rows = pa.table(
        {
            "id": ids["order_items"],
            "order_id": of_order["order_id"],
            "user_id": of_order["user_id"],
            "product_id": pa.array(orders.item_product + 1).cast(pa.string()),
            "inventory_item_id": inventory_ids,
            **{name: of_order[name] for name in ("status", "created_at", "shipped_at", "delivered_at", "returned_at")},
            "sale_price": pick(catalogue.table["retail_price"].combine_chunks(), orders.item_product),
        }
    )
    return order_rows, item_rows


def _times(rng: np.random.Generator, orders: Orders) -> dict[str, pa.Array]:
    """The four timestamps of each order as text; empty for what has not happened at its status."""
    ship, deliver, back = (
        rng.integers(0, days * SECONDS_PER_DAY, orders.count) for days in (DAYS_TO_SHIP, DAYS_TO_DELIVER, DAYS_TO_RETURN)
    )
    shipped_at = orders.created_at + ship
    delivered_at = shipped_at + deliver
    return {
        "created_at": timestamps(rng, orders.created_at),
        "returned_at": timestamps(rng, delivered_at + back, orders.status != RETURNED),
        "shipped_at": timestamps(rng, shipped_at, np.isin(orders.status, (PROCESSING, CANCELLED))),
        "delivered_at": timestamps(rng, delivered_at, np.isin(orders.status, (PROCESSING, CANCELLED, SHIPPED))),
    }
