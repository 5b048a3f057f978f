"""Scores the present: features as they are known now, the champion's probabilities and reasons, and the targets of an offer."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from libs.errors import InputError
from libs.settings.config import Settings
from libs.store.conditions import Column, Equal
from ml.declared import declared
from ml.features.cutoffs import present
from ml.features.fill import fill_features
from ml.features.manifest import definitions
from ml.gold import churn_features, churn_scores, retention_targets
from ml.registry.tracking import tracked
from ml.registry.versions import CHAMPION, NAME, Version, by_alias
from ml.scoring.udf import scored
from ml.tables import Tables
from ml.training.declaration import Offer


def score(tables: Tables, settings: Settings) -> None:
    """Publish `gold.churn_scores` of the present and `gold.retention_targets`.

    Raises InputError, one line, where there is no champion or it may not be used; nothing is published then.
    """
    said = declared(settings)
    with tracked(settings) as client:
        champion = by_alias(client, CHAMPION)
    _check(champion)
    as_of = tables.as_of()
    cutoff = present(as_of, tables.moment)
    fill_features(tables, [cutoff], said.churn)
    features = tables.store.read(churn_features.TABLE.name).where(F.col("cutoff") == F.lit(cutoff.day))
    rows = scored(features, champion.model, champion.number, as_of)
    tables.publish(churn_scores.TABLE, rows, Equal(Column("scored_at"), as_of), model_version=champion.number)
    now = tables.store.read(churn_scores.TABLE.name).where(F.col("scored_at") == F.lit(as_of))
    tables.publish(retention_targets.TABLE, targets(now, said.offer), offer=said.offer.model_dump())


def targets(scores: DataFrame, offer: Offer) -> DataFrame:
    """The rows of `gold.retention_targets` of the scores of one moment."""
    value = F.col("churn_probability") * offer.value * offer.winback - offer.cost
    worth = scores.withColumn("expected_value", value).where("expected_value > 0")
    place = F.row_number().over(Window.orderBy(F.desc("expected_value"), "user_id")).cast("int")
    best = worth.orderBy(F.desc("expected_value"), "user_id").limit(offer.top)
    return best.withColumn("rank", place).select(*retention_targets.TABLE.column_names)


def _check(champion: Version) -> None:
    """Features that mean something else than those that it was trained on would give wrong scores, silently."""
    if champion.model.definitions != definitions():
        raise InputError(
            f"{NAME} version {champion.number} was trained on features as they were defined then: run `make train` and `make promote`"
        )
