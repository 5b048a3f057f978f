"""The planted kinds of users as published facts."""

from datetime import timedelta

from tests.lakehouse.random_rows import Row, at, line
from tests.ml.filled import Facts
from tests.ml.recommendations.planted import TODAY, clusters

AS_OF = at("2024-06-01 00:00")
USERS = [f"u{n}" for n in range(24)]
PRODUCTS = 24
# Who has done nothing yet.
STRANGER = "stranger"


def published(facts: Facts) -> None:
    """Views and purchases of USERS, a stranger, and a user who signs up at AS_OF."""
    seen, sold = list[Row](), list[Row]()
    for user, product, day, views, carts, purchases in clusters(users=len(USERS), products=PRODUCTS, visits=6):
        moment = AS_OF - timedelta(days=TODAY - day) + timedelta(hours=1)
        counts = {"product_views": views, "cart_additions": carts, "last_viewed_at": moment, "first_viewed_at": moment}
        named = {"activity_date": moment.date(), "product_id": product, "actor_id": user, "is_identified": True}
        seen.append({**named, **counts})
        one = line(f"{moment:%Y-%m-%d %H:%M}", "9", user_id=user, product_id=product)
        sold += [{**one, "order_item_id": f"{user} {product} {day} {n}"} for n in range(purchases)]
    known: list[Row] = [{"user_id": name, "created_at": at("2024-01-01 00:00")} for name in [*USERS, STRANGER]]
    later: Row = {"user_id": "later", "created_at": AS_OF}
    facts.publish({"silver.users": [*known, later], "gold.product_interest_daily": seen, "silver.order_items": sold})
