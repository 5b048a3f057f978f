"""Fills gold.recommendations and gold.similar_products as of the published figures."""

from typing import Any

import numpy as np

from ml.gold import recommendations, similar_products
from ml.recommendations.declaration import RecommendationsSection
from ml.recommendations.factors import Factorise, on_spark, on_this_machine
from ml.recommendations.history import History
from ml.recommendations.made import Made, made
from ml.tables import Tables


def fill(tables: Tables, history: History, today: int, declared: RecommendationsSection) -> None:
    """Compare the methods on the last days, then rank for every user by the best one, trained on all days before `today`."""
    found = made(history, today, declared, _factorise(tables))
    nothing = ["recommendations: nobody who is identified has viewed or bought a product yet: there are none"]
    for line in found.comparison.lines() if len(history.day) else nothing:
        tables.say(line)
    said = _said(found, declared, today - declared.test_days)
    tables.publish(recommendations.TABLE, found.recommended, **said)
    tables.publish(similar_products.TABLE, found.similar, **said)


def _factorise(tables: Tables) -> Factorise:
    return on_spark(tables.store.spark, tables.store.root) if tables.store.engine == "spark" else on_this_machine


def _said(found: Made, declared: RecommendationsSection, split: int) -> dict[str, Any]:
    return {
        "method": found.comparison.best,
        "compared": found.comparison.figures(),
        "compared_users": found.comparison.users,
        "test_from": str(np.datetime64(split, "D")),
        "declared": declared.model_dump(),
    }
