"""What is sold.

Grain: one row per product_id, as last described by its source.
"""

from lakehouse.contract.provenance import PROVENANCE, SOURCE
from libs.tables import MONEY, STRING, Column, Merge, Table, warn

TABLE = Table(
    name="silver.products",
    comment="Products",
    columns=[
        SOURCE,
        Column("product_id", STRING, "product", nullable=False),
        Column("name", STRING, "name"),
        Column("category", STRING, "category"),
        Column("brand", STRING, "brand"),
        Column("department", STRING, "department"),
        Column("sku", STRING, "stock keeping unit"),
        Column("cost", MONEY, "what a unit costs the shop", "currency"),
        Column("retail_price", MONEY, "list price of a unit", "currency"),
        Column("distribution_center_id", STRING, "where it is stocked"),
        *PROVENANCE,
    ],
    primary_key=["product_id"],
    refresh=Merge(entity="products"),
    expectations=[warn("cost <= retail_price", "a product that is listed below its cost")],
)
