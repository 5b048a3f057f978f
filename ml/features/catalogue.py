"""The feature catalogue: every feature of the churn model as it is declared, with its window, its sources and what empty means."""

import re
from collections.abc import Mapping

from ml.features.declaration import Churn
from ml.gold.churn_features import FEATURES, LONGEST_WINDOW, TABLE, USERS, Feature

_MOVES = {1: "rises", -1: "falls"}


def features_page(monotone: Mapping[str, int], churn: Churn) -> str:
    """Return the page as Markdown. monotone: features with which the score may only rise (1) or fall (-1)."""
    lines = [
        "| feature | meaning | unit | window | computed from | empty means | score |",
        "|---|---|---|---|---|---|---|",
        *(_line(feature, monotone) for feature in FEATURES),
    ]
    return "\n".join([_introduction(churn), *lines, ""])


def window_of(feature: Feature) -> str:
    """Which days before the cutoff a feature counts."""
    days = re.search(r"_(\d+)$", feature.name)
    if days or feature.name == "main_device":
        return f"{days[1] if days else LONGEST_WINDOW} days"
    return "none: the record of the user" if feature.sources == (USERS,) else "all days before"


def _line(feature: Feature, monotone: Mapping[str, int]) -> str:
    moves = f"only {_MOVES[monotone[feature.name]]} with it" if feature.name in monotone else ""
    sources = ", ".join(f"`{name}`" for name in feature.sources)
    said = (f"`{feature.name}`", feature.description, feature.unit or "", window_of(feature), sources, feature.empty, moves)
    return f"| {' | '.join(said)} |"


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
