"""Orders.

Grain: one row per order_id. Status is the last that arrived: Processing, Shipped, Complete, Cancelled or Returned.
An order of an unknown user waits in quarantine until the user arrives. The user may be empty (guest orders).
Where a source reports sales as events, the user is that of the event, once the visitor is identified.
"""

from lakehouse.contract.provenance import PROVENANCE, SOURCE
from libs.tables import LONG, STRING, TIMESTAMP, Column, Lookup, Merge, Table, warn

TABLE = Table(
    name="silver.orders",
    comment="Orders",
    columns=[
        SOURCE,
        Column("order_id", STRING, "order", nullable=False),
        Column("user_id", STRING, "user who ordered, empty for a guest"),
        Column("event_id", STRING, "event of the sale, where the source reports sales as events"),
        Column("status", STRING, "Processing, Shipped, Complete, Cancelled or Returned"),
        Column("created_at", TIMESTAMP, "when it was ordered", "UTC"),
        Column("shipped_at", TIMESTAMP, "when it was shipped", "UTC"),
        Column("delivered_at", TIMESTAMP, "when it was delivered", "UTC"),
        Column("returned_at", TIMESTAMP, "when it was returned", "UTC"),
        Column("reported_items", LONG, "number of items reported by the source", "items"),
        *PROVENANCE,
    ],
    primary_key=["order_id"],
    event_time="created_at",
    refresh=Merge(
        entity="orders",
        lookups=[Lookup("user_id", table="silver.events", on="event_id", take="user_id")],
        references={"user_id": "silver.users"},
        formerly={"reported_items": "num_items"},
    ),
    expectations=[warn("shipped_at >= created_at", "shipped before it was ordered")],
)
