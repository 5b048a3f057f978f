"""Products recommended to each user, best first.

Grain: one row per user and rank, from 1 on without gaps. Users are those of `silver.users` and of the facts. A product that the
user bought before `as_of` (a line sold and not cancelled) is not recommended, unless `recommendations.repeat_purchase` is declared.
`method` says how the product was found: `als` by factors of users and products (Hu, Koren and Volinsky 2008), `item_to_item` by
the products that share users with those of this user, `popularity` by recent interactions of all users. The method is the one
that ranked best what users bought in the last days before `as_of`, trained on the days before them; users without any
interaction, and ranks that it leaves open, have `popularity`. The commit holds what each method reached.
A product that the user viewed and did not buy may be recommended.
Limits: scores are compared within a user and a method alone. There are fewer ranks than declared where no more products are known.
An order counts by the status that it has now, also in the comparison. Interactions and factors are held in one machine's memory:
1.5 million of them, of 100,000 users and 20,000 products, took 1 GB.
"""

from libs.tables import DOUBLE, INTEGER, STRING, ByJob, Column, Table, fail

TABLE = Table(
    name="gold.recommendations",
    comment="Products recommended to each user",
    columns=[
        Column("user_id", STRING, "user", nullable=False),
        Column("rank", INTEGER, "1 is the best", "rank", nullable=False),
        Column("product_id", STRING, "recommended product", nullable=False),
        Column("score", DOUBLE, "how well it fits, greater is better, by the method's own scale", nullable=False),
        Column("method", STRING, "als, item_to_item or popularity", nullable=False),
        Column("because_of_product_id", STRING, "of item_to_item: the user's product that adds most to the score"),
    ],
    primary_key=["user_id", "rank"],
    sources=["silver.users", "gold.product_interest_daily", "silver.order_items"],
    refresh=ByJob("recommend_products"),
    expectations=[
        fail("rank >= 1 and score > 0"),
        fail("method in ('als', 'item_to_item', 'popularity')"),
        fail("(method = 'item_to_item') = (because_of_product_id is not null)"),
    ],
)
