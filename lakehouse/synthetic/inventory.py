"""Inventory: one item for each that was sold, and unsold items of the same products."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.synthetic.catalogue import Catalogue
from lakehouse.synthetic.orders import Orders
from lakehouse.synthetic.parameters import SECONDS_PER_DAY
from lakehouse.synthetic.seasonality import TrafficClock
from lakehouse.synthetic.text_forms import pick, timestamps

SECOND_UNSOLD_SHARE = 0.7
LONGEST_DAYS_IN_STOCK = 60


@dataclass(frozen=True)
class Inventory:
    """A chunk of inventory items, one entry each: a sold one and then the unsold ones of the same product.

    `is_sold` marks the sold ones, which are in the order of the order items; `created_at` is in epoch seconds.
    """

    product: np.ndarray
    created_at: np.ndarray
    is_sold: np.ndarray

    @property
    def count(self) -> int:
        """The number of inventory items in the chunk."""
        return len(self.product)


def draw_inventory(rng: np.random.Generator, clock: TrafficClock, orders: Orders) -> Inventory:
    """The inventory of the items of `orders`."""
    lengths = 2 + (rng.random(orders.items) < SECOND_UNSOLD_SHARE)
    sold = np.cumsum(lengths) - lengths
    count = int(lengths.sum())
    # Unsold stock arrived at any time of the span.
    created_at = rng.integers(clock.edges[0], clock.edges[-1], count)
    in_stock = rng.integers(1, LONGEST_DAYS_IN_STOCK * SECONDS_PER_DAY, orders.items)
    created_at[sold] = orders.created_at[orders.item_order] - in_stock
    is_sold = np.zeros(count, bool)
    is_sold[sold] = True
    return Inventory(np.repeat(orders.item_product, lengths), created_at, is_sold)


def inventory_table(
    rng: np.random.Generator, ids: np.ndarray, inventory: Inventory, sold_at: pa.ChunkedArray, catalogue: Catalogue
) -> pa.Table:
    """The `inventory_items` table's rows, with their product's columns; `sold_at` is that of the order items."""
    unsold = pa.repeat("", inventory.count)
    products = catalogue.table
    copied = ("cost", "category", "name", "brand", "retail_price", "department", "sku", "distribution_center_id")
    product_columns = {
        name if name == "cost" else f"product_{name}": pick(products[name].combine_chunks().cast(pa.string()), inventory.product)
        for name in copied
    }
    return pa.table(
        {
            "id": ids,
            "product_id": pa.array(inventory.product + 1).cast(pa.string()),
            "created_at": timestamps(rng, inventory.created_at),
            "sold_at": pc.replace_with_mask(unsold, pa.array(inventory.is_sold), sold_at.combine_chunks()),
            **product_columns,
        }
    )
