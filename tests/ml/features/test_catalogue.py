"""The catalogue of features says what features recomputed in plain Python show: their sources, and when they are empty."""

import random
from collections.abc import Mapping

import pytest

from ml.features.catalogue import features_page, window_of
from ml.features.cutoffs import past
from ml.features.declaration import Churn
from ml.gold.churn_features import FEATURES, NEVER_EMPTY, NO_ORDER
from tests.ml.features import shop
from tests.ml.features.shop import Row
from tests.ml.features.test_churn_features import DAYS

NAMES = [feature.name for feature in FEATURES]
BY_NAME = {feature.name: feature for feature in FEATURES}
Held = Mapping[str, Mapping[str, Row]]


@pytest.fixture(scope="module")
def shops() -> list[Held]:
    """Rows by table and key, of several random shops; the sources of users are known for some."""
    made: list[Held] = []
    for seed in range(8):
        draw = random.Random(seed)
        rows = shop.random_rows(draw)
        sources = [{**user, "traffic_source": draw.choice(["Search", None])} for user in rows["users"]]
        made.append({name: {row[shop.KEYS[name]]: row for row in of} for name, of in {**rows, "users": sources}.items()})
    return made


def features(held: Held) -> dict[tuple[str, object], Row]:
    cutoffs = [past(day, Churn()) for day in DAYS]
    return {(user, cutoff.day): row for cutoff in cutoffs for user, row in shop.features(held, cutoff).items()}


def test_a_feature_is_computed_from_the_tables_that_it_names_and_from_no_other(shops: list[Held]) -> None:
    moved: dict[str, set[str]] = {name: set() for name in NAMES}
    for held in shops:
        whole = features(held)
        for table in shop.TABLES:
            without = features({**held, table: {}})
            for key in whole.keys() & without.keys():
                for name in NAMES:
                    if whole[key][name] != without[key][name]:
                        moved[name].add(f"silver.{table}")
    assert moved == {feature.name: set(feature.sources) for feature in FEATURES}


def test_a_feature_is_empty_where_the_catalogue_says_so_and_nowhere_else(shops: list[Held]) -> None:
    rows = [row for held in shops for row in features(held).values()]
    assert len(rows) > 100
    empty = {name for row in rows for name in NAMES if row[name] is None}
    may_be = {feature.name for feature in FEATURES if feature.empty != NEVER_EMPTY}
    assert empty <= may_be and may_be - empty <= {"gender"}
    for row in rows:
        without_orders = {feature.name for feature in FEATURES if feature.empty == NO_ORDER}
        assert all((row[name] is None) == (row["orders_ever"] == 0) for name in without_orders)
        assert (row["activity_trend_14"] is None) == (row["events_14"] == 0)
        assert (row["activity_trend_60"] is None) == (row["events_60"] == 0)
        assert (row["session_gap_days"] is None) == (row["sessions_ever"] < 2)
        assert (row["recency_to_gap"] is None) == (not row["session_gap_days"])
        assert (row["cart_rate_60"] is None) == (row["product_views_60"] == 0)
        assert (row["order_rate_60"] is None) == (row["sessions_60"] == 0)


def test_a_window_is_the_one_of_the_name() -> None:
    windows = {name: window_of(BY_NAME[name]) for name in ("events_7", "activity_trend_60", "main_device", "orders_ever", "age")}
    assert list(windows.values()) == ["7 days", "60 days", "60 days", "all days before", "none: the record of the user"]


def test_the_page_has_a_line_for_every_feature_and_says_which_way_the_score_may_move() -> None:
    page = features_page({"recency_days": 1, "orders_60": -1}, Churn(active_window_days=45, active=("order",)))
    lines = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    assert list(lines) == NAMES
    assert "only rises with it" in lines["recency_days"] and "only falls with it" in lines["orders_60"]
    assert "only" not in lines["orders_30"] and "| 30 days | `silver.order_items` | never empty |" in lines["orders_30"]
    assert "an order in the 45 days before" in page
    assert {line.count(" | ") for line in lines.values()} == {6}
