"""Products that are most like each product, the most similar first.

Grain: one row per product with interactions and rank, from 1 on without gaps. Two products are alike as the same users view, add
to the cart or buy them, each by its declared weight. `method` says by what: `item_to_item` is the cosine of the two products'
weights over users, damped so that two products that share their only user are not taken for alike; `als` the cosine of their
factors, taken where factors ranked best what users bought later (`gold.recommendations`).
Limits: a product whose users met no other product has no rows by `item_to_item`.
"""

from libs.tables import DOUBLE, INTEGER, STRING, ByJob, Column, Table, fail

TABLE = Table(
    name="gold.similar_products",
    comment="Products that are most like each product",
    columns=[
        Column("product_id", STRING, "product", nullable=False),
        Column("rank", INTEGER, "1 is the most similar", "rank", nullable=False),
        Column("similar_product_id", STRING, "another product that is like it", nullable=False),
        Column("score", DOUBLE, "cosine, damped for item_to_item", "0 to 1", nullable=False),
        Column("method", STRING, "als or item_to_item", nullable=False),
    ],
    primary_key=["product_id", "rank"],
    sources=["gold.product_interest_daily", "silver.order_items"],
    refresh=ByJob("recommend_products"),
    expectations=[
        fail("rank >= 1 and product_id <> similar_product_id"),
        fail("score > 0 and score <= 1.000001e0"),
        fail("method in ('als', 'item_to_item')"),
    ],
)
