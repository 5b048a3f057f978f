"""Order lines: what was sold, at what price, and whether it was returned.

Grain: one row per order_item_id. `sale_price` is that of the whole line, all its `quantity` units. A line with status
Returned and a positive price is a returned sale; one with a negative price (a credit note) reverses an earlier line, which
is not changed; another one with a negative price is a discount. `lakehouse.definitions.commerce` defines revenue for all.
A line may have no units (an order that was edited), a part of one (sold by weight), no price (a gift), and be returned before,
or without, a sale: none of that is a mistake, and no expectation of severity `fail` here or in gold is about it.
Where a source reports sales as events, the user is that of the event, once the visitor is identified.
Limits: where a source gives no cost of the line, it is the product's current cost times the quantity; without either it is
empty, and so is the profit.
"""

from lakehouse.contract.provenance import PROVENANCE, SOURCE
from libs.tables import MONEY, QUANTITY, STRING, TIMESTAMP, Column, Lookup, Merge, Table, warn

TABLE = Table(
    name="silver.order_items",
    comment="Order lines",
    columns=[
        SOURCE,
        Column("order_item_id", STRING, "order line", nullable=False),
        Column("order_id", STRING, "order"),
        Column("user_id", STRING, "user who ordered, empty for a guest"),
        Column("event_id", STRING, "event of the sale, where the source reports sales as events"),
        Column("product_id", STRING, "product"),
        Column("inventory_item_id", STRING, "inventory item that was sold"),
        Column("status", STRING, "Processing, Shipped, Complete, Cancelled or Returned"),
        Column("quantity", QUANTITY, "units, or a part of one where sold by weight; negative on a credit note", "units"),
        Column("sale_price", MONEY, "price of the line, all its units", "currency"),
        Column("unit_cost", MONEY, "cost of one unit", "currency"),
        Column("cost", MONEY, "cost of the line: unit cost times quantity", "currency"),
        Column("reported_price", MONEY, "price of the line as it came, where the source gives currencies", "reported_currency"),
        Column("reported_unit_cost", MONEY, "cost of one unit as it came, likewise", "reported_currency"),
        Column("reported_currency", STRING, "currency that the line itself names, as ISO 4217 writes it"),
        Column("sold_at", TIMESTAMP, "when it was sold", "UTC"),
        Column("shipped_at", TIMESTAMP, "when it was shipped", "UTC"),
        Column("delivered_at", TIMESTAMP, "when it was delivered", "UTC"),
        Column("returned_at", TIMESTAMP, "when it was returned", "UTC"),
        *PROVENANCE,
    ],
    primary_key=["order_item_id"],
    event_time="sold_at",
    refresh=Merge(
        entity="order_items",
        lookups=[
            Lookup("unit_cost", table="silver.products", on="product_id", take="cost"),
            Lookup("user_id", table="silver.events", on="event_id", take="user_id"),
        ],
        references={"user_id": "silver.users"},
        converts={"sale_price": "reported_price", "unit_cost": "reported_unit_cost"},
        derived={"cost": "try_cast(unit_cost * quantity as decimal(18, 6))"},
        formerly={"sold_at": "created_at"},
    ),
    expectations=[warn("shipped_at >= sold_at", "shipped before it was sold")],
)
