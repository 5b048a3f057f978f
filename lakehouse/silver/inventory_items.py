"""Pieces of stock.

Grain: one row per inventory_item_id, a single piece, with the moment at which it was sold if it was.
"""

from lakehouse.contract.provenance import PROVENANCE, SOURCE
from libs.tables import MONEY, STRING, TIMESTAMP, Column, Merge, Table, warn

TABLE = Table(
    name="silver.inventory_items",
    comment="Pieces of stock",
    columns=[
        SOURCE,
        Column("inventory_item_id", STRING, "piece of stock", nullable=False),
        Column("product_id", STRING, "product"),
        Column("created_at", TIMESTAMP, "when it came into stock", "UTC"),
        Column("sold_at", TIMESTAMP, "when it was sold, empty while in stock", "UTC"),
        Column("cost", MONEY, "what it cost the shop", "currency"),
        Column("distribution_center_id", STRING, "where it is stocked"),
        *PROVENANCE,
    ],
    primary_key=["inventory_item_id"],
    event_time="created_at",
    refresh=Merge(entity="inventory_items"),
    expectations=[warn("sold_at >= created_at", "sold before it came into stock")],
)
