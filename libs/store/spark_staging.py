"""Staging on Spark: rows are kept in its cache, or counted as they pass."""

from collections.abc import Mapping
from functools import cached_property

import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

COUNT = "_count"


class SparkStaging:
    """One refresh's staged rows (`libs.store.staged.Staging`), for one thread."""

    def __init__(self) -> None:
        """Nothing is staged yet."""
        self._kept: list[DataFrame] = []

    def keep(self, rows: DataFrame, **figures: str) -> "KeptRows":
        """The rows in Spark's cache, which the first pass over them fills."""
        self._kept.append(rows.persist(StorageLevel.MEMORY_AND_DISK))
        return KeptRows(self._kept[-1], figures)

    def passing(self, rows: DataFrame, **figures: str) -> "PassingRows":
        """The rows with an observation in their plan."""
        observation = Observation()
        aggregates = [F.expr(aggregate).alias(name) for name, aggregate in figures.items()]
        return PassingRows(rows.observe(observation, F.count(F.lit(1)).alias(COUNT), *aggregates), observation)

    def without_plan(self, rows: DataFrame) -> DataFrame:
        """The rows as a checkpoint, which Spark drops once nothing refers to it."""
        return rows.localCheckpoint()

    def __enter__(self) -> "SparkStaging":
        return self

    def __exit__(self, *_: object) -> None:
        for rows in self._kept:
            rows.unpersist()


class KeptRows:
    """Rows in the cache; count and figures are one aggregation, which fills the cache where nothing did before."""

    def __init__(self, rows: DataFrame, figures: Mapping[str, str]) -> None:
        """`rows` are persisted; nothing is computed yet."""
        self.rows, self._wanted = rows, dict(figures)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._figures[COUNT]

    def figure(self, name: str) -> int:
        """The aggregate of that name."""
        return self._figures[name]

    def arrow(self) -> pa.Table:
        """The rows in the driver's memory."""
        return self.rows.toArrow()

    @cached_property
    def _figures(self) -> dict[str, int]:
        wanted = {COUNT: "count(1)"} | self._wanted
        found = self.rows.agg(*[F.expr(aggregate).alias(name) for name, aggregate in wanted.items()]).collect()[0]
        return {name: int(found[name] or 0) for name in wanted}


class PassingRows:
    """Rows that are counted as they are read; asking for a figure waits until they were."""

    def __init__(self, rows: DataFrame, observation: Observation) -> None:
        """`rows` bear the observation."""
        self.rows, self._observation = rows, observation

    @property
    def count(self) -> int:
        """How many rows passed."""
        return self.figure(COUNT)

    def figure(self, name: str) -> int:
        """The aggregate of that name over them."""
        return int(self._observation.get[name] or 0)
