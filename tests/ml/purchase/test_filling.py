"""The table, filled from published facts."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.gold import product_interest_daily
from ml.gold.purchase_propensity import TABLE
from ml.purchase.declaration import PurchaseSection, Trees
from ml.purchase.filling import fill
from ml.recommendations.reading import read_history
from tests.lakehouse.random_rows import Row, at, line
from tests.ml.filled import Facts
from tests.ml.purchase.planted import TODAY, shoppers
from tests.stores import store_at

AS_OF = at("2024-06-01 00:00")
DECLARED = PurchaseSection(window_days=30, train_cutoffs=8, trees=Trees(rounds=5))


@pytest.fixture
def facts(spark: SparkSession, tmp_path: Path) -> Facts:
    return Facts(store_at(str(tmp_path), spark), AS_OF)


def test_viewed_products_get_a_probability_and_nothing_is_written_where_nothing_changed(facts: Facts) -> None:
    seen, sold = list[Row](), list[Row]()
    for user, product, day, views, carts, purchases in shoppers():
        moment = AS_OF - timedelta(days=TODAY - day)
        named = {"activity_date": moment.date(), "product_id": product, "actor_id": user, "is_identified": True}
        if views:
            seen.append(
                {**named, "product_views": views, "cart_additions": carts, "first_viewed_at": moment, "last_viewed_at": moment}
            )
        if purchases:
            sold.append(
                {**line(f"{moment:%Y-%m-%d %H:%M}", "9", user_id=user, product_id=product), "order_item_id": str(len(sold))}
            )
    assert set(seen[0]) <= set(product_interest_daily.TABLE.column_names)
    facts.publish(
        {
            "silver.products": [{"product_id": f"p{n}", "retail_price": Decimal(5 + n)} for n in range(30)],
            "gold.product_interest_daily": seen,
            "silver.order_items": sold,
        }
    )
    said: list[str] = []
    with facts.filling(said) as tables:
        fill(tables, *read_history(tables), DECLARED)
        fill(tables, *read_history(tables), DECLARED)

    assert [outcome.mode for outcome in tables.outcomes] == ["full", "unchanged"]
    rows = facts.rows(TABLE)
    assert rows
    assert {row[6] for row in rows} == {30}
    state = facts.store.last_commit(TABLE.name).state
    assert state is not None
    assert set(state["judged"]) == {"logistic", "xgboost"}
    assert set(state["judged"]["logistic"]["test"]) == {"auc", "precision", "recall", "f1", "precision_at_k"}
    assert said[0].startswith("purchase: ")


def test_without_facts_the_table_is_empty_and_it_is_said_why(facts: Facts) -> None:
    facts.publish({})
    said: list[str] = []
    with facts.filling(said) as tables:
        fill(tables, *read_history(tables), DECLARED)

    assert facts.rows(TABLE) == []
    assert said == ["purchase: nobody who is identified has viewed or bought a product yet: gold.purchase_propensity is empty"]
