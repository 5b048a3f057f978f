"""Inventory items.

Grain: one row per inventory_item_id, a single unit in stock, with the time of its sale if it was sold.
"""

from lakehouse.contract.provenance import PROVENANCE, SOURCE
from libs.tables import MONEY, STRING, TIMESTAMP, Column, Merge, Table, warn

TABLE = Table(
    name="silver.inventory_items",
    comment="Inventory items",
    columns=[
        SOURCE,
        Column("inventory_item_id", STRING, "inventory item", nullable=False),
        Column("product_id", STRING, "product"),
        Column("created_at", TIMESTAMP, "when it was stocked", "UTC"),
        Column("sold_at", TIMESTAMP, "when it was sold, empty while in stock", "UTC"),
        Column("cost", MONEY, "unit cost", "currency"),
        Column("distribution_center_id", STRING, "warehouse that stocks it"),
        *PROVENANCE,
    ],
    primary_key=["inventory_item_id"],
    event_time="created_at",
    refresh=Merge(entity="inventory_items"),
    expectations=[warn("sold_at >= created_at", "sold before it was stocked")],
)
