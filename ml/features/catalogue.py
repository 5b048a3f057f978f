"""The feature catalogue: every feature of the churn model as it is declared, with its window, its sources and what empty means."""

import re
from collections.abc import Mapping, Sequence

from libs.tables import Column
from ml.features.declaration import Churn
from ml.gold.churn_features import FEATURES, LONGEST_WINDOW, TABLE

EVENTS, ORDERS, PRODUCTS, USERS = "silver.events", "silver.order_items", "silver.products", "silver.users"
# What a feature, or a group of those that differ by window alone, is computed from.
SOURCES: Mapping[str, Sequence[str]] = {
    "tenure_days": (USERS, EVENTS, ORDERS),
    **dict.fromkeys(("recency_days", "days_since_first_activity", "active_days"), (EVENTS, ORDERS)),
    **dict.fromkeys(("days_since_order", "orders", "revenue", "returned_lines", "average_order_value"), (ORDERS,)),
    **dict.fromkeys(("events", "sessions", "product_views", "cart_additions", "activity_trend", "cart_rate"), (EVENTS,)),
    **dict.fromkeys(("session_gap_days", "recency_to_gap", "order_rate", "distinct_products"), (EVENTS, ORDERS)),
    "distinct_categories": (EVENTS, ORDERS, PRODUCTS),
    "main_device": (EVENTS,),
    **dict.fromkeys(("country", "traffic_source", "gender", "age"), (USERS,)),
}
_NOT_SAID = "the user's record does not say, or was not known"
# What no value means; a feature that is not named here always has one, a count without anything to count being 0.
EMPTY: Mapping[str, str] = {
    "days_since_order": "no order",
    "average_order_value": "no order",
    "activity_trend_14": "no event in 14 days",
    "activity_trend_60": "no event in 60 days",
    "session_gap_days": "fewer than two sessions",
    "recency_to_gap": "no gap, or one of 0",
    "cart_rate_60": "no product view in 60 days",
    "order_rate_60": "no session in 60 days",
    "main_device": "no event with a device in 60 days",
    **dict.fromkeys(("country", "traffic_source", "gender", "age"), _NOT_SAID),
}
_MOVES = {1: "rises", -1: "falls"}


def features_page(monotone: Mapping[str, int], churn: Churn) -> str:
    """Return the page as Markdown. monotone: features with which the score may only rise (1) or fall (-1)."""
    lines = [
        "| feature | meaning | unit | window | computed from | empty means | score |",
        "|---|---|---|---|---|---|---|",
        *(_line(column, monotone) for column in FEATURES),
    ]
    return "\n".join([_introduction(churn), *lines, ""])


def sources_of(name: str) -> Sequence[str]:
    """The tables that a feature is computed from."""
    return SOURCES.get(name) or SOURCES[re.sub(r"_(\d+|ever)$", "", name)]


def window_of(name: str) -> str:
    """Which days before the cutoff a feature counts."""
    days = re.search(r"_(\d+)$", name)
    if days or name == "main_device":
        return f"{days[1] if days else LONGEST_WINDOW} days"
    return "none: the record of the user" if sources_of(name) == (USERS,) else "all days before"


def _line(column: Column, monotone: Mapping[str, int]) -> str:
    moves = f"only {_MOVES[monotone[column.name]]} with it" if column.name in monotone else ""
    cells = (
        *(f"`{column.name}`", column.description, column.unit or ""),
        *(
            window_of(column.name),
            ", ".join(f"`{name}`" for name in sources_of(column.name)),
            EMPTY.get(column.name, "never empty"),
            moves,
        ),
    )
    return f"| {' | '.join(cells)} |"


def _introduction(churn: Churn) -> str:
    kinds = " or an ".join(churn.active)
    return f"""# Features of the churn model

Generated from the declarations by `make docs`; do not edit it. They are the columns of
[{TABLE.name}](data_dictionary.md#{TABLE.name.replace(".", "")}), a row for each user and cutoff.

- **Who.** Users with an {kinds} in the {churn.active_window_days} days before the cutoff, by what was known.
- **Cutoff.** A day; facts count that happened before its midnight UTC. A window of 7 days is the 7 days that end with the day before.
- **Known at the cutoff.** Of those facts only what had arrived by then counts, in the version that stood then: an event that came late,
  a corrected order, or a visitor who was identified afterwards changes features of later cutoffs alone. What the first run of a source
  took is its history and counts as known when it happened. For scores of the present everything that is known when they are made counts.
- **Left.** No activity in the {churn.horizon_days} days from the cutoff on; it is in `gold.churn_labels` and in no feature.
- **Score.** Where it says so, the model may only move one way with the feature (`training.monotone` of conf/models.yaml).
"""
