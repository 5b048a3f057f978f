"""Both models find what was planted, say what they reached, and end where there is too little to learn from."""

from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from libs.store.arrow_rows import arrow_schema
from ml.gold.purchase_propensity import TABLE
from ml.purchase.declaration import PurchaseSection, Trees
from ml.purchase.features import Pairs
from ml.purchase.filling import likelihoods
from ml.purchase.learned import Learned, learned
from tests.ml.purchase.planted import TODAY, history_of, shoppers
from tests.ml.recommendations.planted import Did

DECLARED = PurchaseSection(window_days=30, train_cutoffs=8, trees=Trees(rounds=30))
NOT_LEARNED = "nothing is learned, gold.purchase_propensity is empty"


def published(did: list[Did], declared: PurchaseSection = DECLARED) -> tuple[pa.Table, list[str], dict[str, object]]:
    history = history_of(did)
    return likelihoods(history, np.full(len(history.products), 10.0), TODAY, declared)


@cache
def of_shoppers() -> tuple[pa.Table, list[str], dict[str, object]]:
    return published(shoppers())


def test_both_models_find_what_was_planted() -> None:
    history = history_of(shoppers())
    found = learned(Pairs.of(history), np.full(len(history.products), np.nan), TODAY, DECLARED)

    assert isinstance(found, Learned)
    assert found.bought >= 10
    assert found.best == max(found.judged, key=lambda name: found.judged[name].auc)
    for judged in found.judged.values():
        assert judged.test.auc > 0.75
        assert judged.test.f1 > 0.4
    assert "chance" not in found.lines(DECLARED)[1]


def test_the_likely_ones_are_those_in_the_cart_and_were_never_ordered() -> None:
    rows, lines, said = of_shoppers()
    in_cart = {(user, product) for user, product, _, _, carts, _ in shoppers() if carts}
    ordered = {(user, product) for user, product, *_, purchases in shoppers() if purchases}
    found = {(row["user_id"], row["product_id"]): row for row in rows.to_pylist()}

    assert not ordered & set(found)
    assert all(row["days_since_view"] <= DECLARED.window_days for row in found.values())
    likely = {pair for pair, row in found.items() if row["is_likely"]}
    assert likely
    assert len(likely & in_cart) / len(likely) > 0.8
    assert said["method"] in ("logistic", "xgboost")
    assert lines[0].startswith("purchase: ") and "logistic AUC 0." in lines[0] and "xgboost AUC 0." in lines[0]


def test_rows_are_as_declared_and_the_same_for_rows_in_any_order() -> None:
    rows, lines, said = of_shoppers()
    again = published(list(reversed(shoppers())))

    assert rows.schema.equals(arrow_schema(TABLE))
    assert again == (rows, lines, said)


def test_what_nothing_tells_of_may_be_chance() -> None:
    """Whether a product is bought is drawn by lot."""
    rng = np.random.default_rng(5)
    did: list[Did] = []
    for user, day in enumerate(rng.integers(TODAY - 260, TODAY, 1200).tolist()):
        did.append((f"u{user}", "p", day, 1, 0, 0))
        if rng.random() < 0.4 and day + 29 < TODAY:
            did.append((f"u{user}", "p", day + 29, 0, 0, 1))
    _, lines, _ = published(did, DECLARED.model_copy(update={"window_days": 5, "step_days": 5}))

    assert lines[1].endswith("may be chance")


@pytest.mark.parametrize(
    ("did", "line"),
    [
        ([], "purchase: nobody who is identified has viewed or bought a product yet: gold.purchase_propensity is empty"),
        (
            [("a", "p", 95, 1, 0, 0)],
            "purchase: 0 of 0 products that users had viewed and not ordered, at the cutoffs to test by, were",
        ),
        ([("a", "p", 95, 0, 0, 1)], NOT_LEARNED),
        ([("a", "p", day, 1, 0, 0) for day in range(-200, 100)], NOT_LEARNED),
        ([(f"u{n}", "p", day, 1, 0, int(day % 50 == n)) for n in range(50) for day in range(-200, 100, 5)], NOT_LEARNED),
    ],
    ids=["nothing", "one view", "no views", "one user", "bought by everyone"],
)
def test_too_little_to_learn_from_gives_no_rows_and_a_reason(did: list[Did], line: str) -> None:
    rows, lines, said = published(did)

    assert rows.num_rows == 0
    assert rows.schema.equals(arrow_schema(TABLE))
    assert line in lines[0]
    assert (len(lines), said) == (1, {})


@pytest.mark.filterwarnings("error")
def test_a_feature_that_is_the_same_everywhere_or_missing_everywhere_tells_nothing() -> None:
    history = history_of(shoppers())
    for prices in (np.full(40, 10.0), np.full(40, np.nan)):
        found = learned(Pairs.of(history), prices, TODAY, DECLARED)
        assert isinstance(found, Learned)
        assert all(np.isfinite(judged.threshold) and judged.test.auc > 0.75 for judged in found.judged.values())
