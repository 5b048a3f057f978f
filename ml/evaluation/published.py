"""An evaluation as rows of `gold.model_performance` and `gold.model_curves`."""

from collections.abc import Iterator
from typing import Any

from libs.store.conditions import And, Column, Equal
from ml.drift.performance import rows_of
from ml.evaluation.report import Evaluation
from ml.gold import model_curves, model_performance
from ml.tables import Tables, as_rows
from ml.training.data import Part

SHOWN_FEATURES = 20


def publish_evaluation(tables: Tables, version: str, test: Part, evaluation: Evaluation) -> None:
    """Publish the figures of the version and of what it is compared with, and its curves."""
    day = test.cutoffs[-1]
    performance = [
        row
        for model, found in evaluation.figures.items()
        for row in rows_of(version, model, "held_out", day, found, evaluation.labels)
    ]
    of_version = Equal(Column("model_version"), version)
    held_out = And((of_version, Equal(Column("kind"), "held_out")))
    tables.publish(model_performance.TABLE, as_rows(model_performance.TABLE, performance), held_out)
    tables.publish(model_curves.TABLE, as_rows(model_curves.TABLE, list(_curves(version, evaluation))), of_version)


def _curves(version: str, evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    def point(curve: str, position: int, x: float, y: float, users: int, label: str | None = None) -> dict[str, Any]:
        return {"model_version": version, "curve": curve, "position": position, "label": label, "x": x, "y": y, "users": users}

    for number, tenth in enumerate(evaluation.reliability.bins, 1):
        yield point("calibration", number, tenth.predicted, tenth.observed, tenth.users)
    for row in evaluation.deciles:
        yield point("lift", row.number, row.number, row.lift, row.users)
        yield point("gain", row.number, row.number, row.gain, row.users)
    for number, (name, size) in enumerate(evaluation.explained.importance[:SHOWN_FEATURES], 1):
        yield point("importance", number, number, size, evaluation.users, name)
