"""Counting what becomes of arrivals while they are written, without reading them for it."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F


@dataclass
class Counts:
    """How many arrivals a feed had, how many it rejected, and how many wait for a reference; known once they were written.

    None of each where nothing is counted.
    """

    arrivals: Observation | None = None
    waiting: Observation | None = None

    def of_arrivals(self, conformed: DataFrame) -> DataFrame:
        """The rows, counted as they pass: all of them, and those with reasons."""
        self.arrivals = Observation()
        rejected = F.count_if(F.size("_reasons") > 0)
        return conformed.observe(self.arrivals, F.count(F.lit(1)).alias("rows"), rejected.alias("rejected"))

    def of_waiting(self, marked: DataFrame) -> DataFrame:
        """The rows, of which those with a `_missing` reference are counted as they pass."""
        self.waiting = Observation()
        return marked.observe(self.waiting, F.count_if(F.col("_missing").isNotNull()).alias("held"))

    @property
    def rows(self) -> int:
        """Arrivals."""
        return _told(self.arrivals, "rows")

    @property
    def quarantined(self) -> int:
        """Arrivals that were rejected, or wait for a reference."""
        return _told(self.arrivals, "rejected") + _told(self.waiting, "held")


def _told(observation: Observation | None, name: str) -> int:
    return int(observation.get[name]) if observation else 0
