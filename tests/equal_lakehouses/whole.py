"""The main job, whole, by a process's engine, and what Spark's catalogue then knows."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.refresh.orchestration import Asked, refresh
from lakehouse.refresh.run import Outcome
from libs.settings.config import load_settings
from tests.small_spark import small

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Silent:
    """Hears of a run and says nothing."""

    def say(self, line: str) -> None:
        """Not printed."""

    def table(self, outcome: Outcome) -> None:
        """Not printed."""


def whole_run(
    _: "SparkSession", engine: str, folder: Path, data: Path | None, as_of: datetime
) -> tuple[Sequence[str], Sequence[str]]:
    """Run the main job for the lakehouse below `folder`; returns the tables that changed, and the metric views that were made."""
    known = {
        "LAKEHOUSE_ROOT": str(folder / "lakehouse"),
        "LAKEHOUSE_ENGINE": engine,
        "LAKEHOUSE_PSEUDONYM_KEY": "key of the test",
        "REPORT": str(folder / "report" / "index.html"),
    }
    asked = Asked(str(data) if data else None, None, as_of)
    results = refresh(asked, small(load_settings(known)), Silent())
    return [outcome.table for outcome in results.tables if outcome.mode != "unchanged"], results.views


def counts(spark: "SparkSession", layer: str) -> dict[str, int]:
    """The tables that the catalogue knows in a layer, and how many rows each has."""
    names = [f"{layer}.{row['tableName']}" for row in spark.sql(f"show tables in {layer}").collect()]
    return {name: spark.table(name).count() for name in sorted(names)}


def measured(spark: "SparkSession", view: str, metric: str) -> list[object]:
    """A metric over all of its view, as Spark's metric view answers it."""
    return [row[0] for row in spark.sql(f"select measure({metric}) from {view}").collect()]
