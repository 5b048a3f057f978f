"""How likely a user buys a product that they viewed and have not ordered, within the declared days.

Grain: one row per identified user and product, viewed in the declared days before `as_of` and never ordered by the user before it.
Two models, a logistic regression and gradient-boosted trees (XGBoost), are trained on what was known at past cutoffs; the one with
the greater AUC on later cutoffs is taken, with the threshold of the greatest F1 there, and both are judged on later cutoffs still.
The one that is taken is trained again on all of them. The commit holds the figures of both.
Limits: empty where too few viewed products were bought on a later day to learn from, as in generated data, whose users buy what they view
within the same session. The list price is the present one.
"""

from libs.tables import BOOLEAN, DOUBLE, INTEGER, LONG, STRING, ByJob, Column, Table, fail

TABLE = Table(
    name="gold.purchase_propensity",
    comment="How likely a user buys a viewed product",
    columns=[
        Column("user_id", STRING, "identified user", nullable=False),
        Column("product_id", STRING, "product that the user viewed and has not ordered", nullable=False),
        Column("product_views", LONG, "views of the product by the user, ever", "events", nullable=False),
        Column("days_since_view", INTEGER, "days from the last view to as_of; 1 for the day before", "days", nullable=False),
        Column("purchase_probability", DOUBLE, "that it is bought within horizon_days", "rate 0 to 1", nullable=False),
        Column("is_likely", BOOLEAN, "whether the probability reaches the threshold", nullable=False),
        Column("horizon_days", INTEGER, "days from as_of on that are asked about", "days", nullable=False),
        Column("method", STRING, "logistic or xgboost", nullable=False),
    ],
    primary_key=["user_id", "product_id"],
    sources=["gold.product_interest_daily", "silver.order_items", "silver.products"],
    refresh=ByJob("recommend_products"),
    expectations=[
        fail("purchase_probability between 0 and 1"),
        fail("product_views > 0 and days_since_view > 0 and horizon_days > 0"),
        fail("method in ('logistic', 'xgboost')"),
    ],
)
