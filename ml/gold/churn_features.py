"""What was known of each active user at a cutoff: the features of the churn model.

Grain: one row per user and cutoff, a day; facts count that happened before its midnight UTC and were known before it
(`ml.features.known`). Windows of 7, 14, 30 and 60 days end with the day before the cutoff.
Scope: users who were active, by what was known, in the days before the cutoff that section `churn` of conf/models.yaml declares.
The same function computes the rows of past cutoffs, for training, and those of the present, for scores.
Limits: revenue is that of lines as they were ordered, cancelled ones included, since no source says when it was cancelled.
"""

from dataclasses import dataclass
from itertools import pairwise

from libs.tables import DATE, DOUBLE, LONG, STRING, ByJob, Column, Table, fail

EVENTS, ORDERS, PRODUCTS, USERS = "silver.events", "silver.order_items", "silver.products", "silver.users"
NEVER_EMPTY, NO_ORDER, NOT_SAID = "never empty", "no order", "the user's record does not say, or was not known"
WINDOWS = (7, 14, 30, 60)
LONGEST_WINDOW = WINDOWS[-1]


@dataclass(frozen=True)
class Feature(Column):
    """A column with the tables that it is computed from, and what it means where it has no value; a count of nothing is 0."""

    sources: tuple[str, ...] = ()
    empty: str = NEVER_EMPTY


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
# Those that are not of events alone.
_COUNTED_FROM = {"active_days": (EVENTS, ORDERS), "orders": (ORDERS,), "revenue": (ORDERS,)}
TEXTS = ("main_device", "country", "traffic_source", "gender")

_AGES = [
    Feature(
        "tenure_days",
        LONG,
        "days since the sign-up, or the first fact where that is earlier or there is none",
        "days",
        sources=(USERS, EVENTS, ORDERS),
    ),
    Feature(
        "recency_days",
        LONG,
        "days since the last day with an event or an order; 1 for the day before the cutoff",
        "days",
        sources=(EVENTS, ORDERS),
    ),
    Feature(
        "days_since_first_activity",
        LONG,
        "days since the first day with an event or an order",
        "days",
        sources=(EVENTS, ORDERS),
    ),
    Feature("days_since_order", LONG, "days since the last order, empty without one", "days", sources=(ORDERS,), empty=NO_ORDER),
]
_COUNTS = [
    Feature(
        f"{name}_{days}",
        DOUBLE if name == "revenue" else LONG,
        f"{what} in the {days} days before",
        unit,
        sources=_COUNTED_FROM.get(name, (EVENTS,)),
    )
    for name, (what, unit) in WINDOWED.items()
    for days in WINDOWS
]
_EVER = [
    Feature("sessions_ever", LONG, "sessions since the first fact", "sessions", sources=(EVENTS,)),
    Feature("orders_ever", LONG, "orders since the first fact", "orders", sources=(ORDERS,)),
    Feature("revenue_ever", DOUBLE, "price of all lines ordered", "currency", sources=(ORDERS,)),
    Feature("returned_lines_ever", LONG, "order lines returned", "lines", sources=(ORDERS,)),
]
_RATES = [
    Feature("average_order_value", DOUBLE, "revenue by order, empty without one", "currency", sources=(ORDERS,), empty=NO_ORDER),
    Feature(
        "activity_trend_14",
        DOUBLE,
        "events of the last 7 days less those of the 7 before, by their sum",
        "-1 to 1",
        sources=(EVENTS,),
        empty="no event in 14 days",
    ),
    Feature(
        "activity_trend_60",
        DOUBLE,
        "events of the last 30 days less those of the 30 before, by their sum",
        "-1 to 1",
        sources=(EVENTS,),
        empty="no event in 60 days",
    ),
    Feature(
        "session_gap_days",
        DOUBLE,
        "days from the first to the last activity, by sessions less one; empty for fewer than two sessions",
        "days",
        sources=(EVENTS, ORDERS),
        empty="fewer than two sessions",
    ),
    Feature(
        "recency_to_gap",
        DOUBLE,
        "recency_days by session_gap_days, empty where the gap is 0",
        "ratio",
        sources=(EVENTS, ORDERS),
        empty="no gap, or one of 0",
    ),
    Feature(
        "cart_rate_60",
        DOUBLE,
        "cart additions by product views of 60 days",
        "ratio",
        sources=(EVENTS,),
        empty="no product view in 60 days",
    ),
    Feature(
        "order_rate_60",
        DOUBLE,
        "orders by sessions of 60 days",
        "ratio",
        sources=(EVENTS, ORDERS),
        empty="no session in 60 days",
    ),
]
_BREADTH = [
    Feature(
        "distinct_products_60",
        LONG,
        "products viewed, put into the cart or ordered in 60 days",
        "products",
        sources=(EVENTS, ORDERS),
    ),
    Feature("distinct_categories_60", LONG, "their categories", "categories", sources=(EVENTS, ORDERS, PRODUCTS)),
]
_OF_USER = [
    Feature(
        "main_device",
        STRING,
        "device of most events of 60 days",
        sources=(EVENTS,),
        empty="no event with a device in 60 days",
    ),
    Feature("country", STRING, "country of the user", sources=(USERS,), empty=NOT_SAID),
    Feature("traffic_source", STRING, "traffic source at sign-up", sources=(USERS,), empty=NOT_SAID),
    Feature("gender", STRING, "gender, as the source gives it", sources=(USERS,), empty=NOT_SAID),
    Feature("age", LONG, "age, as the source gives it", "years", sources=(USERS,), empty=NOT_SAID),
]
FEATURES = [*_AGES, *_COUNTS, *_EVER, *_RATES, *_BREADTH, *_OF_USER]

TABLE = Table(
    name="gold.churn_features",
    comment="What was known of each active user at a cutoff",
    columns=[
        Column("user_id", STRING, "identified user", nullable=False),
        Column("cutoff", DATE, "facts before this day count", "UTC day", nullable=False),
        # What a feature says beyond its column decides no rows: the digest of what a model learned from has the columns alone.
        *[Column(feature.name, feature.type, feature.description, feature.unit) for feature in FEATURES],
    ],
    primary_key=["user_id", "cutoff"],
    sources=[EVENTS, ORDERS, PRODUCTS, USERS],
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
