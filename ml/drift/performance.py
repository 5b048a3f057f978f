"""What came true of scores whose horizon is over, and what was held out, as rows of `gold.model_performance`."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ml.evaluation.figures import Figure, Labels


def rows_of(
    version: str, model: str, kind: str, cutoff: date, found: Mapping[str, Figure], labels: Labels
) -> list[dict[str, Any]]:
    """A row a metric."""
    about = {"model_version": version, "model": model, "kind": kind, "cutoff": cutoff}
    counts = {"users": len(labels), "churned": int(labels.sum())}
    return [
        {**about, "metric": name, "value": figure.value, "low": figure.low, "high": figure.high, **counts}
        for name, figure in found.items()
    ]
