"""Counting what becomes of arrivals while they are written, without reading them for it."""

from dataclasses import dataclass, field

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F


@dataclass
class Counts:
    """How many arrivals a feed had, how many it rejected, and how many wait for a reference; known once they were written.

    Arrivals may pass in several parts, or none at all.
    """

    arrivals: list[Observation] = field(default_factory=list)
    waiting: list[Observation] = field(default_factory=list)

    def of_arrivals(self, conformed: DataFrame) -> DataFrame:
        """The rows, counted as they pass: all of them, and those with reasons."""
        self.arrivals.append(Observation())
        rejected = F.count_if(F.size("_reasons") > 0)
        return conformed.observe(self.arrivals[-1], F.count(F.lit(1)).alias("rows"), rejected.alias("rejected"))

    def of_waiting(self, marked: DataFrame) -> DataFrame:
        """The rows, of which those with a `_missing` reference are counted as they pass."""
        self.waiting.append(Observation())
        return marked.observe(self.waiting[-1], F.count_if(F.col("_missing").isNotNull()).alias("held"))

    @property
    def rows(self) -> int:
        """Arrivals."""
        return sum(int(seen.get["rows"]) for seen in self.arrivals)

    @property
    def quarantined(self) -> int:
        """Arrivals that were rejected, or wait for a reference."""
        rejected = sum(int(seen.get["rejected"]) for seen in self.arrivals)
        return rejected + sum(int(seen.get["held"]) for seen in self.waiting)
