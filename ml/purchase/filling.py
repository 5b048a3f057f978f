"""Fills gold.purchase_propensity as of the published figures."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from libs.store.arrow_rows import arrow_schema
from ml.gold.purchase_propensity import TABLE
from ml.purchase.declaration import PurchaseSection
from ml.purchase.features import FEATURES, Examples, Pairs, examples
from ml.purchase.learned import Learned, learned
from ml.recommendations.history import History
from ml.tables import Tables

DECIMALS = 6


def fill(tables: Tables, history: History, today: int, declared: PurchaseSection) -> None:
    """Learn which viewed products are bought, and publish how likely those of `today` (days since 1970-01-01, UTC) are."""
    rows, lines, said = likelihoods(history, _prices(tables, history.products), today, declared)
    for line in lines:
        tables.say(line)
    tables.publish(TABLE, rows, **said, declared=declared.model_dump())


def likelihoods(
    history: History, prices: np.ndarray, today: int, declared: PurchaseSection
) -> tuple[pa.Table, list[str], dict[str, Any]]:
    """The table's rows, remarks of one line each, and what is committed with the rows; without enough history no rows."""
    nothing = arrow_schema(TABLE).empty_table()
    if not len(history.day):
        return (
            nothing,
            ["purchase: nobody who is identified has viewed or bought a product yet: gold.purchase_propensity is empty"],
            {},
        )
    pairs = Pairs.of(history)
    found = learned(pairs, prices, today, declared)
    if not isinstance(found, Learned):
        return nothing, [found.line(declared)], {}
    now = examples(pairs, prices, today, declared.window_days, declared.horizon_days)
    return _rows(history, now, found, declared), found.lines(declared), _said(found)


def _prices(tables: Tables, products: pa.Array) -> np.ndarray:
    listed = (
        tables.store.read("silver.products").select("product_id", F.col("retail_price").cast("double").alias("price")).toArrow()
    )
    found = pc.take(listed["price"], pc.index_in(products, value_set=listed["product_id"].combine_chunks().cast(pa.string())))
    return found.to_numpy(zero_copy_only=False).astype(np.float64) if len(products) else np.empty(0)


def _rows(history: History, now: Examples, found: Learned, declared: PurchaseSection) -> pa.Table:
    probability = found.model(now.features) if len(now.user) else np.empty(0)
    count = len(probability)
    columns = [
        history.users.take(pa.array(now.user)),
        history.products.take(pa.array(now.product)),
        pa.array(now.features[:, FEATURES.index("views")].astype(np.int64)),
        pa.array(now.features[:, FEATURES.index("days_since_view")].astype(np.int32)),
        pa.array(np.round(probability, DECIMALS)),
        pa.array(probability >= found.judged[found.best].threshold),
        pa.array(np.full(count, declared.horizon_days, np.int32)),
        pa.array([found.best] * count, pa.string()),
    ]
    return pa.table(dict(zip(TABLE.column_names, columns, strict=True)))


def _said(found: Learned) -> dict[str, Any]:
    judged = {
        name: {"test": j.test.rounded(), "validation_auc": round(j.auc, 6), "threshold": round(j.threshold, 6)}
        for name, j in found.judged.items()
    }
    return {"method": found.best, "judged": judged, "tested": found.tested, "tested_bought": found.bought}
