"""What was known of each active user at a cutoff: the features of the churn model.

Grain: one row per user and cutoff, a day; facts count that happened before its midnight UTC and were known before it
(`ml.features.known`). Windows of 7, 14, 30 and 60 days end with the day before the cutoff.
Scope: users who were active, by what was known, in the days before the cutoff that section `churn` of conf/models.yaml declares.
The same function computes the rows of past cutoffs, for training, and those of the present, for scores.
Limits: revenue is that of lines as they were ordered, cancelled ones included, since no source says when it was cancelled.
"""

from itertools import pairwise

from libs.tables import DATE, DOUBLE, LONG, STRING, ByJob, Column, Table, fail

WINDOWS = (7, 14, 30, 60)
LONGEST_WINDOW = WINDOWS[-1]
# Of these columns there is one for each window.
WINDOWED = {
    "active_days": ("days with an event or an order", "days"),
    "events": ("events", "events"),
    "sessions": ("sessions, one that passes midnight counted on both days", "sessions"),
    "product_views": ("product views", "events"),
    "cart_additions": ("products added to the cart", "events"),
    "orders": ("orders", "orders"),
    "revenue": ("price of the lines ordered", "currency"),
}
TEXTS = ("main_device", "country", "traffic_source", "gender")

_AGES = [
    Column("tenure_days", LONG, "days since the sign-up, or the first fact where that is earlier or there is none", "days"),
    Column("recency_days", LONG, "days since the last day with an event or an order; 1 for the day before the cutoff", "days"),
    Column("days_since_first_activity", LONG, "days since the first day with an event or an order", "days"),
    Column("days_since_order", LONG, "days since the last order, empty without one", "days"),
]
_COUNTS = [
    Column(f"{name}_{days}", DOUBLE if name == "revenue" else LONG, f"{what} in the {days} days before", unit)
    for name, (what, unit) in WINDOWED.items()
    for days in WINDOWS
]
_EVER = [
    Column("sessions_ever", LONG, "sessions since the first fact", "sessions"),
    Column("orders_ever", LONG, "orders since the first fact", "orders"),
    Column("revenue_ever", DOUBLE, "price of all lines ordered", "currency"),
    Column("returned_lines_ever", LONG, "order lines returned", "lines"),
]
_RATES = [
    Column("average_order_value", DOUBLE, "revenue by order, empty without one", "currency"),
    Column("activity_trend_14", DOUBLE, "events of the last 7 days less those of the 7 before, by their sum", "-1 to 1"),
    Column("activity_trend_60", DOUBLE, "events of the last 30 days less those of the 30 before, by their sum", "-1 to 1"),
    Column(
        "session_gap_days",
        DOUBLE,
        "days from the first to the last activity, by sessions less one; empty for fewer than two sessions",
        "days",
    ),
    Column("recency_to_gap", DOUBLE, "recency_days by session_gap_days, empty where the gap is 0", "ratio"),
    Column("cart_rate_60", DOUBLE, "cart additions by product views of 60 days", "ratio"),
    Column("order_rate_60", DOUBLE, "orders by sessions of 60 days", "ratio"),
]
_BREADTH = [
    Column("distinct_products_60", LONG, "products viewed, put into the cart or ordered in 60 days", "products"),
    Column("distinct_categories_60", LONG, "their categories", "categories"),
]
_OF_USER = [
    Column("main_device", STRING, "device of most events of 60 days"),
    Column("country", STRING, "country of the user"),
    Column("traffic_source", STRING, "traffic source at sign-up"),
    Column("gender", STRING, "gender, as the source gives it"),
    Column("age", LONG, "age, as the source gives it", "years"),
]
FEATURES = [*_AGES, *_COUNTS, *_EVER, *_RATES, *_BREADTH, *_OF_USER]

TABLE = Table(
    name="gold.churn_features",
    comment="What was known of each active user at a cutoff",
    columns=[
        Column("user_id", STRING, "identified user", nullable=False),
        Column("cutoff", DATE, "facts before this day count", "UTC day", nullable=False),
        *FEATURES,
    ],
    primary_key=["user_id", "cutoff"],
    sources=["silver.events", "silver.order_items", "silver.products", "silver.users"],
    refresh=ByJob("train_model"),
    expectations=[
        fail("recency_days >= 1 and days_since_first_activity >= recency_days", "only facts before the cutoff count"),
        fail("tenure_days >= 0"),
        *[
            fail(f"{name}_{shorter} <= {name}_{longer}", "a longer window holds the shorter one")
            for name in WINDOWED
            if name != "revenue"
            for shorter, longer in pairwise(WINDOWS)
        ],
        fail("activity_trend_14 between -1 and 1 and activity_trend_60 between -1 and 1"),
    ],
)
