"""One check: the users of a scoring against the reference, in one pass over them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from ml.drift.declaration import Drift
from ml.drift.histogram import Counts, Histogram
from ml.drift.psi import by_chance, discoveries, level, p_value, psi
from ml.drift.reference import SCORE


def counted(references: Mapping[str, Histogram], batches: Iterable[pa.RecordBatch]) -> dict[str, Counts]:
    """Counts of all rows by name, in the references' bins; of names that the batches have."""
    found: dict[str, Counts] = {}
    for batch in batches:
        for name in references.keys() & set(batch.schema.names):
            counts = references[name].counted(pa.chunked_array([batch[name]]))
            found[name] = found[name] + counts if name in found else counts
    return found


def checked(
    references: Mapping[str, Histogram], counts: Mapping[str, Counts], drift: Drift, version: str, checked_at: datetime
) -> list[dict[str, Any]]:
    """The rows of `gold.drift`, one a name."""
    names = [name for name in references if name in counts]
    compared = [(references[name].counts, counts[name], references[name].independent_rows) for name in names]
    chances = [p_value(*each) for each in compared]
    real = discoveries(chances, drift.false_discoveries)
    rows = []
    for name, (one, other, worth), chance, is_real in zip(names, compared, chances, real.tolist(), strict=True):
        size = psi(one, other)
        rows.append(
            {
                "checked_at": checked_at,
                "kind": "score" if name == SCORE else "feature",
                "name": name,
                "model_version": version,
                "users": int(other.sum()),
                "reference_users": int(one.sum()),
                "psi": size,
                "psi_by_chance": by_chance(one, other, worth),
                "p_value": chance,
                "level": level(size),
                "missing_rate": _missing(other),
                "reference_missing_rate": _missing(one),
                "new_values": int(other[-2]) if references[name].values is not None and not one[-2] else 0,
                "is_alarm": bool(is_real and size >= drift.least_psi),
            }
        )
    return rows


def asks_for_training(rows: Iterable[Mapping[str, Any]], drift: Drift) -> str | None:
    """Why the model has to be trained again, by the rows of one check; None where it need not."""
    alarms = [row["name"] for row in rows if row["is_alarm"]]
    if SCORE in alarms:
        return "its scores have drifted"
    return f"{len(alarms)} features have drifted: {', '.join(sorted(alarms))}" if len(alarms) >= drift.retrain_after else None


def _missing(counts: Counts) -> float:
    return float(counts[-1] / counts.sum()) if counts.sum() else float(np.nan)
