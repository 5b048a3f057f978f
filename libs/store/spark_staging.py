"""Staging on Spark: rows are kept in its cache, or counted as they pass."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark import StorageLevel
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Observation, Row
from pyspark.sql import functions as F

from libs.once import Once
from libs.store.staged import NotEvaluable

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
        wanted = [F.count(F.lit(1)).alias(COUNT), *aggregates]
        return PassingRows(rows.observe(observation, *wanted), rows, observation, lambda: rows.agg(*wanted).collect()[0])

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
        self.rows = rows
        self._figures = Once(lambda: self.counts({COUNT: "count(1)", **figures}))

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._figures()[COUNT]

    def figure(self, name: str) -> int:
        """The aggregate of that name."""
        return self._figures()[name]

    def arrow(self) -> pa.Table:
        """The rows in the driver's memory."""
        return self.rows.toArrow()

    def counts(self, wanted: Mapping[str, str]) -> dict[str, int]:
        """SQL aggregates, by name, in one query."""
        with _evaluated():
            found = self.rows.agg(*[F.expr(aggregate) for aggregate in wanted.values()]).collect()[0]
        return {name: int(value or 0) for name, value in zip(wanted, found, strict=True)}

    def grouped(self, where: str, by: Mapping[str, str], aggregate: str) -> pa.Table:
        """The aggregate as column `value`, by the expressions."""
        with _evaluated():
            keys = [F.expr(expression).alias(name) for name, expression in by.items()]
            return self.rows.where(where).groupBy(*keys).agg(F.expr(aggregate).alias("value")).toArrow()

    def examples(self, where: str, columns: Sequence[str], limit: int) -> pa.Table:
        """Some of the rows that meet `where`."""
        with _evaluated():
            return self.rows.where(where).select(*columns).limit(limit).toArrow()

    def repeated(self, columns: Sequence[str], limit: int) -> pa.Table:
        """Some of the values that several rows have."""
        with _evaluated():
            copies = self.rows.groupBy(*columns).agg(F.count(F.lit(1)).alias(COUNT)).where(F.col(COUNT) > 1)
            return copies.select(*columns).limit(limit).toArrow()


class PassingRows:
    """Rows that are counted as they are read; asking for a figure waits until they were."""

    def __init__(self, rows: DataFrame, uncounted: DataFrame, observation: Observation, count_again: Callable[[], Row]) -> None:
        """`rows` bear the observation, which ends with the first query; `count_again` asks for its figures by a query."""
        self.rows, self.uncounted = rows, uncounted
        self._figures = Once(lambda: _observed(observation, count_again))

    @property
    def count(self) -> int:
        """How many rows passed."""
        return self.figure(COUNT)

    def figure(self, name: str) -> int:
        """The aggregate of that name over them."""
        return int(self._figures()[name] or 0)


def _observed(observation: Observation, count_again: Callable[[], Row]) -> Mapping[str, Any]:
    try:
        return observation.get
    except Py4JJavaError:
        # Where Spark finds, while it computes, that no row is left of those that passed, it drops the observation.
        return count_again().asDict()


@contextmanager
def _evaluated() -> Iterator[None]:
    """Spark's error as the reason that it begins with."""
    try:
        yield
    except PySparkException as error:
        raise NotEvaluable(str(error).strip().splitlines()[0].split(" SQLSTATE")[0]) from error
