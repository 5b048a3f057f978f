"""Products that each visitor viewed or added to the cart, by day: the only table of products that reads `silver.events`.

Grain: one row per UTC day, product and actor. The actor is the user where identified, else the visitor; a user id and
a visitor id may be equal, so is_identified is part of the key. Events with neither have an empty actor_id: they count as
views, but not as viewers.
Scope: `view` and `add_to_cart` events that name a product, before `as_of`.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from libs.tables import BOOLEAN, DATE, LONG, STRING, TIMESTAMP, Column, Slices, Table, fail

TABLE = Table(
    name="gold.product_interest_daily",
    comment="Product views and cart additions of each visitor by day",
    columns=[
        Column("activity_date", DATE, "day", "UTC day", nullable=False),
        Column("product_id", STRING, "product", nullable=False),
        Column("actor_id", STRING, "user, or visitor where not identified"),
        Column("is_identified", BOOLEAN, "whether actor_id is a user id", nullable=False),
        Column("product_views", LONG, "views of the product", "events"),
        Column("cart_additions", LONG, "times it was added to the cart", "events"),
        Column("first_viewed_at", TIMESTAMP, "first view of the day, empty without one", "UTC"),
        Column("last_viewed_at", TIMESTAMP, "last view of the day, empty without one", "UTC"),
    ],
    primary_key=["activity_date", "product_id", "actor_id", "is_identified"],
    sources=["silver.events"],
    refresh=Slices(by="activity_date", of={"silver.events": "event_date"}),
    expectations=[
        fail("product_views >= 0 and cart_additions >= 0 and product_views + cart_additions > 0"),
        fail("(product_views > 0) = (last_viewed_at is not null)"),
        fail("first_viewed_at <= last_viewed_at"),
    ],
)


def transform(events: DataFrame) -> DataFrame:
    """Count views and cart additions by day, product and actor."""
    is_view = F.col("event_type") == "view"
    viewed_at = F.when(is_view, F.col("occurred_at"))
    of_products = events.where("product_id is not null and event_type in ('view', 'add_to_cart')")
    return of_products.groupBy(
        F.col("event_date").alias("activity_date"),
        "product_id",
        F.coalesce("user_id", "anonymous_id").alias("actor_id"),
        F.col("user_id").isNotNull().alias("is_identified"),
    ).agg(
        F.count_if(is_view).alias("product_views"),
        F.count_if(~is_view).alias("cart_additions"),
        F.min(viewed_at).alias("first_viewed_at"),
        F.max(viewed_at).alias("last_viewed_at"),
    )
