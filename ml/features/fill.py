"""Fills `gold.churn_features` and `gold.churn_labels`."""

from collections.abc import Sequence
from datetime import date

from pyspark.sql import functions as F

from libs.errors import InputError
from libs.store.conditions import Column, Within, date_ranges
from ml.features.cutoffs import Cutoff, for_training
from ml.features.declaration import Churn
from ml.features.labels import churn_labels
from ml.features.manifest import Manifest
from ml.gold import churn_features
from ml.gold import churn_labels as labels
from ml.tables import Tables

SPINE = "gold.user_activity_daily"


def fill_training(tables: Tables, churn: Churn) -> Manifest:
    """Publish features and labels of the declared cutoffs; returns what they were computed from.

    Raises InputError where there are no facts of users, or of too short a time.
    """
    cutoffs = for_training(tables.as_of(), churn, _first_day(tables))
    manifest = fill_features(tables, cutoffs, churn)
    days = [cutoff.day for cutoff in cutoffs]
    judged = tables.store.read(churn_features.TABLE.name).where(F.col("cutoff").isin(days))
    rows = churn_labels(judged, manifest.facts(tables.store), days, churn)
    tables.publish(labels.TABLE, rows, _of(cutoffs), manifest=manifest.packed())
    return manifest


def fill_features(tables: Tables, cutoffs: Sequence[Cutoff], churn: Churn) -> Manifest:
    """Publish the features of these cutoffs in place of those that were published; returns what they were computed from."""
    manifest = Manifest.of(tables.store, cutoffs, churn)
    tables.publish(churn_features.TABLE, manifest.features(tables.store), _of(cutoffs), manifest=manifest.packed())
    return manifest


def _of(cutoffs: Sequence[Cutoff]) -> Within:
    return Within(Column("cutoff"), date_ranges([cutoff.day for cutoff in cutoffs]))


def _first_day(tables: Tables) -> date:
    first = tables.store.read(SPINE).agg(F.min("activity_date").alias("first")).collect()[0]["first"]
    if first is None:
        raise InputError(f"{SPINE} has no rows: no user has done anything that features could be computed from")
    return first
