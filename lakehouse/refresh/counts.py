"""Counting what becomes of arrivals while they are written, without reading them for it."""

from dataclasses import dataclass, field

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F


@dataclass
class Counts:
    """How many arrivals a feed had, how many it rejected, and how many wait for a reference; known once they were written."""

    arrivals: Observation = field(default_factory=Observation)
    waiting: Observation | None = None

    def of_arrivals(self, conformed: DataFrame) -> DataFrame:
        """The rows, counted as they pass: all of them, and those with reasons."""
        rejected = F.count_if(F.size("_reasons") > 0)
        return conformed.observe(self.arrivals, F.count(F.lit(1)).alias("rows"), rejected.alias("rejected"))

    def of_waiting(self, marked: DataFrame) -> DataFrame:
        """The rows, of which those with a `_missing` reference are counted as they pass."""
        self.waiting = Observation()
        return marked.observe(self.waiting, F.count_if(F.col("_missing").isNotNull()).alias("held"))

    @property
    def rows(self) -> int:
        """Arrivals."""
        return int(self.arrivals.get["rows"])

    @property
    def quarantined(self) -> int:
        """Arrivals that were rejected, or wait for a reference."""
        return int(self.arrivals.get["rejected"]) + (int(self.waiting.get["held"]) if self.waiting else 0)
