"""Warehouses.

Grain: one row per distribution_center_id.
"""

from lakehouse.contract.provenance import PROVENANCE, SOURCE
from libs.tables import DOUBLE, STRING, Column, Merge, Table, warn

TABLE = Table(
    name="silver.distribution_centers",
    comment="Warehouses",
    columns=[
        SOURCE,
        Column("distribution_center_id", STRING, "warehouse", nullable=False),
        Column("name", STRING, "name"),
        Column("latitude", DOUBLE, "latitude", "degrees"),
        Column("longitude", DOUBLE, "longitude", "degrees"),
        *PROVENANCE,
    ],
    primary_key=["distribution_center_id"],
    refresh=Merge(entity="distribution_centers"),
    expectations=[
        warn("latitude between -90 and 90", "no place on earth"),
        warn("longitude between -180 and 180", "no place on earth"),
    ],
)
