"""Small lakehouses by hand for the service: features of random users, a model of them in a registry, and tables of customers."""

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from deltalake import write_deltalake
from numpy.typing import NDArray
from pyspark.sql.pandas.types import to_arrow_schema

from libs.settings.config import Settings, load_settings
from libs.store.published import Published
from ml.features.declaration import Churn
from ml.features.manifest import Manifest, definitions
from ml.gold.churn_features import FEATURES, TABLE, TEXTS
from ml.registry.artifact import ChurnModel
from ml.registry.tracking import tracked
from ml.registry.versions import FOLDER, promote, register
from ml.training.data import Part, Split
from ml.training.declaration import Training
from ml.training.fitting import Samples, fitted
from ml.training.tuning import Local

DAYS = [date(2025, month, 1) for month in (1, 2, 3)]
SCHEMA = to_arrow_schema(TABLE.schema, timezone="UTC")
DOUBLES = {column.name for column in FEATURES if SCHEMA.field(column.name).type == pa.float64()}


def settings_of(root: Path, **more: str) -> Settings:
    return load_settings({"LAKEHOUSE_ROOT": str(root), **more})


def features(users: int, seed: int, day: date) -> tuple[pa.Table, NDArray[np.int8]]:
    """Rows of `gold.churn_features`, and 1 for who leaves: the likelier the longer away, and in Peru; some values are missing."""
    draw = np.random.default_rng(seed)
    columns: dict[str, Any] = {"user_id": [f"u{n}" for n in range(users)], "cutoff": [day] * users}
    for column in FEATURES:
        whole = draw.integers(0, 9, users)
        columns[column.name] = pa.array(whole + draw.random(users).round(3) if column.name in DOUBLES else whole)
    columns |= {name: pa.array([("a", "b", None)[n] for n in draw.integers(0, 3, users)], pa.string()) for name in TEXTS}
    recency, country = draw.integers(1, 61, users), draw.choice(["Peru", "Spain", "Chile"], users)
    columns |= {"recency_days": pa.array(recency), "country": pa.array(country)}
    odds = (recency - 25) / 12 + 1.5 * (country == "Peru")
    churned = (draw.random(users) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    return pa.table(columns).select(SCHEMA.names).cast(SCHEMA), churned


def trained(users: int, seed: int = 0, rounds: int = 30) -> ChurnModel:
    parts = Split(*(Part(*features(users, seed + n, day)) for n, day in enumerate(DAYS)))
    training = Training(trials=0, rounds=rounds, compare_smote=False, seed=seed)
    return fitted(parts, Samples.of(parts, training), training, Manifest((), Churn(), definitions(), {}), Local()).model


def registered(settings: Settings, model: ChurnModel, is_champion: bool = True) -> tuple[str, Path]:
    """The number of the version that the model became, and the folder that it is loaded from."""
    import mlflow

    with tracked(settings) as client, mlflow.start_run() as run, tempfile.TemporaryDirectory() as aside:
        folder = Path(aside) / FOLDER
        folder.mkdir()
        model.save(folder)
        mlflow.log_artifacts(aside)
        number = register(client, folder, run.info.run_id)
        if is_champion:
            promote(client, number)
        return number, Path(run.info.artifact_uri.removeprefix("file://")) / FOLDER


def made_champion(settings: Settings, number: str) -> None:
    with tracked(settings) as client:
        promote(client, number)


def write(settings: Settings, name: str, rows: pa.Table) -> None:
    """Make the rows those of the table, in a new version of any columns."""
    write_deltalake(Published.of(settings).path(name), rows, mode="overwrite", schema_mode="overwrite")


def write_features(settings: Settings, users: int, day: date = DAYS[2], seed: int = 2) -> pa.Table:
    """Publish the rows of this day beside those of days before; returns them."""
    rows, _ = features(users, seed, day)
    write_deltalake(Published.of(settings).path(TABLE.name), rows, mode="append")
    return rows


def write_customers(settings: Settings, customers: Mapping[str, str | None]) -> None:
    """Publish `gold.customer_metrics` of users and their segments, `gold.customer_value` and `gold.recommendations` of the first."""
    users = list(customers)
    tiers = ["high"] * len(users)
    write(
        settings,
        "gold.customer_metrics",
        pa.table(
            {"user_id": users, "rfm_segment": list(customers.values()), "engagement_tier": tiers, "orders": range(len(users))}
        ),
    )
    value = {"expected_purchases": [1.5], "expected_value": [20.25], "probability_alive": [0.75]}
    horizon = pa.array([90], pa.int32())
    write(settings, "gold.customer_value", pa.table({"user_id": users[:1], **value, "horizon_days": horizon}))
    ranks, scores = pa.array([2, 1], pa.int32()), [0.5, 0.75]
    recommended = pa.table({"user_id": users[:1] * 2, "rank": ranks, "product_id": ["p2", "p1"], "score": scores})
    write(settings, "gold.recommendations", recommended)
