"""What the champion says of every user, computed once for a champion and a set of features: a request only looks it up."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import pyarrow as pa
from pyspark.sql.pandas.types import to_arrow_schema

from ml.gold.churn_scores import REASONS, TABLE
from ml.registry.versions import Version
from ml.scoring.udf import scores
from ml.serving.by_user import USER, ByUser

# Reasons are put into words in Python, which keeps requests waiting for as long as the interpreter lets it.
AT_ONCE = 2_000
REASON_NAMES = tuple(f"reason_{n}" for n in REASONS)
SERVED = (USER, "churn_probability", "risk_band", *REASON_NAMES)


@dataclass(frozen=True)
class Predictions:
    """Scores of all users of one cutoff by one version of the model."""

    number: str
    cutoff: date
    rows: ByUser

    @classmethod
    def computed(cls, features: pa.Table, cutoff: date, champion: Version) -> "Predictions":
        """For rows of `gold.churn_features` of one cutoff, by the code that fills `gold.churn_scores`.

        Raises InputError where they lack a column that the model reads.
        """
        schema = to_arrow_schema(TABLE.schema, timezone="UTC")
        booster, moment = champion.model.loaded(), datetime.combine(cutoff, time.min, UTC)
        parts = [
            scores(features.slice(first, AT_ONCE), champion.model, booster, champion.number, moment, schema).select(SERVED)
            for first in range(0, features.num_rows, AT_ONCE)
        ]
        return cls(champion.number, cutoff, ByUser(pa.concat_tables(parts)))

    def of(self, user_id: str) -> dict[str, Any] | None:
        """The answer for a user, None where there is no score of theirs."""
        found = self.rows.of(user_id)
        if not found:
            return None
        row = found[0]
        return {
            "user_id": user_id,
            "churn_probability": row["churn_probability"],
            "risk_band": row["risk_band"],
            "reasons": [row[name] for name in REASON_NAMES],
            "model_version": self.number,
            "cutoff": self.cutoff,
        }
