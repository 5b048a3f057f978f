"""Watches the champion: fills `gold.drift` for the newest scores, and what came true of older ones into `gold.model_performance`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from libs.settings.config import Settings
from libs.store.conditions import And, Column, Equal, Within, date_ranges
from ml.declared import declared
from ml.drift.check import asks_for_training, checked, counted
from ml.drift.histogram import Counts, Histogram
from ml.drift.performance import rows_of
from ml.drift.reference import SCORE, unpacked
from ml.evaluation.figures import figures
from ml.features.declaration import Churn
from ml.features.labels import churn_labels
from ml.features.manifest import Manifest
from ml.gold import churn_features, churn_scores, drift, model_performance
from ml.gold import churn_labels as labels
from ml.registry.tracking import tracked
from ml.registry.versions import CHAMPION, Version, by_alias
from ml.tables import Tables, as_rows
from ml.training.declaration import Training

REALISED = "realised"


@dataclass(frozen=True)
class Watched:
    """One check: its rows of `gold.drift`, and what they were made of.

    references, counts: users by bin, of the reference and now, by name. cutoffs: the days whose users are the reference. why: why
    the model has to be trained again, None where it need not.
    """

    checked_at: datetime
    version: str
    cutoffs: Sequence[date]
    references: Mapping[str, Histogram]
    counts: Mapping[str, Counts]
    rows: Sequence[Mapping[str, Any]]
    why: str | None


def watch(tables: Tables, settings: Settings) -> Watched | None:
    """Publish the check of the newest scores, and the realised figures of those whose horizon is over.

    Returns the check, None where nothing was scored yet. Raises InputError where there is no champion.
    """
    rules = declared(settings).drift
    with tracked(settings) as client:
        champion = by_alias(client, CHAMPION)
    scored = tables.store.arrow(churn_scores.TABLE.name) if tables.store.exists(churn_scores.TABLE.name) else None
    newest = tables.store.greatest(churn_scores.TABLE.name, "scored_at") if scored is not None else None
    if newest is None:
        return None
    moment = newest.astimezone(UTC)
    references = unpacked(champion.model.said["reference"])
    counts = counted(references, _batches(tables, moment, list(references)))
    rows = checked(references, counts, rules, champion.number, moment)
    tables.publish(drift.TABLE, as_rows(drift.TABLE, rows), Equal(Column("checked_at"), moment))
    _publish_realised(tables, settings)
    why = asks_for_training(rows, rules)
    if why is not None:
        tables.say(f"drift: {why}")
    return Watched(moment, champion.number, _made_on(champion), references, counts, rows, why)


def _made_on(champion: Version) -> Sequence[date]:
    """The cutoffs of `ml.drift.reference`: those that stopped the training and tested it."""
    return sorted(cutoff.day for cutoff in Manifest.unpacked(champion.model.said["manifest"]).cutoffs)[-2:]


def _batches(tables: Tables, moment: datetime, names: list[str]) -> Iterator[pa.RecordBatch]:
    """Features and scores of the users that were scored at the moment; neither is held in memory as a whole."""
    features = tables.store.arrow(churn_features.TABLE.name)
    of_features = [name for name in names if name != SCORE]
    yield from features.to_batches(columns=of_features, filter=pc.field("cutoff") == moment.date())
    yield from _scores(tables, moment, [SCORE]).to_batches()


def _scores(tables: Tables, moment: datetime, columns: list[str]) -> pa.Table:
    of_moment = pc.field("scored_at") == pa.scalar(moment, pa.timestamp("us", "UTC"))
    return tables.store.arrow(churn_scores.TABLE.name).to_table(columns, filter=of_moment)


def _publish_realised(tables: Tables, settings: Settings) -> None:
    """Labels and figures of every scoring whose horizon is over, by what is known now: one pass over the facts for all of them."""
    said = declared(settings)
    over = tables.as_of() - timedelta(days=said.churn.horizon_days)
    moments = [moment for moment in _moments(tables) if moment <= over]
    if not moments:
        return
    _publish_labels(tables, [moment.date() for moment in moments], said.churn)
    rows = [row for moment in moments for row in _realised(tables, moment, said.training)]
    if rows:
        days = date_ranges([row["cutoff"] for row in rows])
        of_days = And((Equal(Column("kind"), REALISED), Within(Column("cutoff"), days)))
        tables.publish(model_performance.TABLE, as_rows(model_performance.TABLE, rows), of_days)


def _moments(tables: Tables) -> list[datetime]:
    found = tables.store.arrow(churn_scores.TABLE.name).to_table(["scored_at"])["scored_at"]
    return sorted(moment.astimezone(UTC) for moment in pc.unique(found).to_pylist())


def _publish_labels(tables: Tables, days: list[date], churn: Churn) -> None:
    """What became of the users who were scored on these days, by what is known now."""
    store = tables.store
    judged = store.read(churn_features.TABLE.name).where(F.col("cutoff").isin(days))
    rows = churn_labels(judged, Manifest.of(store, [], churn).facts(store), days, churn)
    tables.publish(labels.TABLE, rows, Within(Column("cutoff"), date_ranges(days)))


def _realised(tables: Tables, moment: datetime, training: Training) -> list[dict[str, Any]]:
    """What came true of the scores of the moment, as rows of `gold.model_performance`; none where no user has a label."""
    day = moment.date()
    known = tables.store.arrow(labels.TABLE.name).to_table(["user_id", "churned"], filter=pc.field("cutoff") == day)
    scores = _scores(tables, moment, ["user_id", SCORE, "model_version"])
    both = scores.join(known, keys="user_id", join_type="inner").sort_by("user_id")
    if not both.num_rows:
        return []
    version = both["model_version"][0].as_py()
    churned, given = both["churned"].to_numpy().astype(np.int8), both[SCORE].to_numpy()
    found = figures(churned, given, training.resamples, training.seed)
    return rows_of(version, "xgboost", REALISED, day, found, churned)
