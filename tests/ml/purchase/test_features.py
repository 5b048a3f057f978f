"""Features are what plain Python computes of the rows before the cutoff, and of no others."""

from math import isnan, nan

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.purchase.features import FEATURES, PRIOR_VIEWERS, Pairs, examples
from ml.recommendations.history import History
from tests.ml.recommendations.planted import NAMES, SCHEMA

CUTOFF, WINDOW, HORIZON = 50, 20, 10
PRICES = {"p0": 9.5, "p1": nan, "p2": 3.0}
count = st.integers(0, 2)
# user, product, day, views, cart additions, orders, purchases
Row = tuple[str, str, int, int, int, int, int]
one = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(list(PRICES)),
    st.sampled_from([20, 29, 30, 40, 49, 50, 55, 59, 60]),
    count,
    count,
    count,
    st.integers(0, 1),
).map(lambda row: (*row[:6], min(row[5], row[6])))
histories = st.lists(one, min_size=1, max_size=30, unique_by=lambda row: row[:3])


def history_of(rows: list[Row]) -> History:
    return History.of(
        pa.Table.from_pylist([dict(zip(NAMES, row, strict=True)) for row in rows], schema=SCHEMA), pa.array([], pa.string())
    )


def found(rows: list[Row]) -> dict[tuple[str, str], tuple[dict[str, float], bool]]:
    history = history_of(rows)
    users, products = history.users.to_pylist(), history.products.to_pylist()
    got = examples(Pairs.of(history), np.array([PRICES[p] for p in products]), CUTOFF, WINDOW, HORIZON)
    return {
        (users[user], products[product]): (dict(zip(FEATURES, features, strict=True)), bool(bought))
        for user, product, features, bought in zip(got.user, got.product, got.features.tolist(), got.bought, strict=True)
    }


def plain(rows: list[Row], user: str, product: str) -> dict[str, float]:
    before = [row for row in rows if row[2] < CUTOFF]
    recent = [row for row in before if row[2] >= CUTOFF - WINDOW]
    pair = [row for row in before if row[:2] == (user, product)]
    mine, ours = [row for row in before if row[0] == user], [row for row in recent if row[0] == user]
    views = [row[2] for row in pair if row[3]]
    ordered = [row[2] for row in mine if row[5]]

    def users_who(column: int, of: str | None = None) -> float:
        return len({row[:2] for row in recent if row[column] and of in (None, row[1])})

    usual = users_who(5) / max(users_who(3), 1)
    viewers, buyers = users_who(3, product), users_who(5, product)
    return {
        "views": sum(row[3] for row in pair),
        "view_days": len(views),
        "cart_additions": sum(row[4] for row in pair),
        "days_since_view": CUTOFF - max(views),
        "days_since_first_view": CUTOFF - min(views),
        "user_views": sum(row[3] for row in ours),
        "user_cart_additions": sum(row[4] for row in ours),
        "user_products": len({row[1] for row in ours if row[3]}),
        "user_active_days": len({row[2] for row in ours}),
        "user_days_since_active": CUTOFF - max(row[2] for row in mine),
        "user_orders": sum(row[5] for row in mine),
        "user_days_since_order": CUTOFF - max(ordered) if ordered else nan,
        "product_viewers": viewers,
        "product_buyers": buyers,
        "product_conversion": (buyers + PRIOR_VIEWERS * usual) / (viewers + PRIOR_VIEWERS),
        "price": PRICES[product],
    }


@settings(max_examples=100, deadline=None)
@given(histories)
def test_they_are_what_plain_python_computes(rows: list[Row]) -> None:
    before = [row for row in rows if row[2] < CUTOFF]
    viewed = {row[:2] for row in before if row[3] and row[2] >= CUTOFF - WINDOW}
    judged = viewed - {row[:2] for row in before if row[5]}
    got = found(rows)

    assert set(got) == judged
    for pair, (features, bought) in got.items():
        assert features == pytest.approx(plain(rows, *pair), nan_ok=True)
        assert bought == any(row[:2] == pair and row[6] and CUTOFF <= row[2] < CUTOFF + HORIZON for row in rows)


@settings(max_examples=50, deadline=None)
@given(histories)
def test_nothing_from_the_cutoff_on_changes_a_feature(rows: list[Row]) -> None:
    before = [row for row in rows if row[2] < CUTOFF]
    # Another row keeps the ids known.
    known = [("a", product, 20, 0, 1, 0, 0) for product in PRICES if ("a", product, 20) not in {row[:3] for row in rows}]
    some = {pair: features for pair, (features, _) in found([*before, *known]).items()} if before or known else {}
    everything = {pair: features for pair, (features, _) in found([*rows, *known]).items()}

    assert set(some) == set(everything)
    for pair, features in some.items():
        assert everything[pair] == pytest.approx(features, nan_ok=True)


def test_a_user_without_an_order_has_none_that_days_have_passed_since() -> None:
    features, bought = found([("a", "p1", 49, 1, 0, 0, 0)])["a", "p1"]

    assert isnan(features["user_days_since_order"])
    assert isnan(features["price"])
    assert not bought
