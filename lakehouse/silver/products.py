"""Products.

Grain: one row per product_id, as its source last described it.
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
        Column("cost", MONEY, "cost of a unit", "currency"),
        Column("retail_price", MONEY, "list price of a unit", "currency"),
        Column("distribution_center_id", STRING, "warehouse that stocks it"),
        *PROVENANCE,
    ],
    primary_key=["product_id"],
    refresh=Merge(entity="products"),
    expectations=[warn("cost <= retail_price", "listed below its cost")],
)
