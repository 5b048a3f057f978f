"""Products that a user viewed and has not bought, with the estimated lost revenue.

Grain: one row per identified user and product. Bought means a line sold and not cancelled, returned or not.
Estimated lost revenue is the product's list price times the conversion rate of the user's group, the users with the same
traffic source at sign-up ('unknown' where not known). The group's rate is buyers / viewers summed over products: of all
its pairs of a user and a viewed product, the share that was bought. The estimate is empty where no list price is known.
Limits: an expectation over the group, not a forecast for one user.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.definitions.commerce import IS_SALE
from libs.tables import DOUBLE, LONG, MONEY, STRING, TIMESTAMP, Column, Full, Table, fail, warn

TABLE = Table(
    name="gold.cross_sell_candidates",
    comment="Products that a user viewed and has not bought",
    columns=[
        Column("user_id", STRING, "identified user", nullable=False),
        Column("product_id", STRING, "product that the user viewed and has not bought", nullable=False),
        Column("product_views", LONG, "views of the product by the user", "events"),
        Column("cart_additions", LONG, "times the user added it to the cart", "events"),
        Column("last_viewed_at", TIMESTAMP, "last view by the user", "UTC"),
        Column("user_group", STRING, "traffic source of the user, or 'unknown'"),
        Column("group_conversion_rate", DOUBLE, "viewed products that users of the group bought / viewed", "rate 0 to 1"),
        Column("retail_price", MONEY, "list price of a unit", "currency"),
        Column("estimated_lost_revenue", MONEY, "list price x the group's conversion rate", "currency"),
    ],
    primary_key=["user_id", "product_id"],
    sources=["gold.product_interest_daily", "silver.order_items", "silver.users", "silver.products"],
    refresh=Full(),
    expectations=[
        fail("product_views > 0 and last_viewed_at is not null"),
        fail("group_conversion_rate between 0 and 1"),
        fail("estimated_lost_revenue between 0 and retail_price or estimated_lost_revenue between retail_price and 0"),
        warn("retail_price >= 0", "a negative list price"),
    ],
)


def transform(product_interest_daily: DataFrame, order_items: DataFrame, users: DataFrame, products: DataFrame) -> DataFrame:
    """List what each user viewed and has not bought."""
    viewed = _in_groups(_viewed(product_interest_daily, order_items), users)
    groups = viewed.groupBy("user_group").agg(F.count_if("is_bought").alias("buyers"), F.count(F.lit(1)).alias("viewers"))
    candidates = (
        viewed.where(~F.col("is_bought"))
        .join(F.broadcast(groups), on="user_group", how="inner")
        .join(products.select("product_id", "retail_price"), on="product_id", how="left")
    )
    estimates = {
        "group_conversion_rate": F.expr("buyers / viewers"),
        "estimated_lost_revenue": F.expr("retail_price * buyers / viewers").cast(MONEY),
    }
    return candidates.withColumns(estimates).select(*TABLE.column_names)


def _viewed(product_interest_daily: DataFrame, order_items: DataFrame) -> DataFrame:
    """What each user viewed, with whether they bought it."""
    interest = (
        product_interest_daily.where("is_identified")
        .groupBy(F.col("actor_id").alias("user_id"), "product_id")
        .agg(
            F.sum("product_views").alias("product_views"),
            F.sum("cart_additions").alias("cart_additions"),
            F.max("last_viewed_at").alias("last_viewed_at"),
        )
    )
    bought = order_items.where(IS_SALE).groupBy("user_id", "product_id").agg(F.lit(True).alias("bought"))
    marked = interest.where("product_views > 0").join(bought, on=["user_id", "product_id"], how="left")
    return marked.withColumn("is_bought", F.coalesce("bought", F.lit(False)))


def _in_groups(viewed: DataFrame, users: DataFrame) -> DataFrame:
    groups = users.select("user_id", F.col("traffic_source").alias("user_group"))
    joined = viewed.join(groups, on="user_id", how="left")
    return joined.withColumn("user_group", F.coalesce("user_group", F.lit("unknown")))
