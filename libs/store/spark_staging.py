"""Staging on Spark: rows are kept in its cache, or counted as they pass."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark import StorageLevel
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Observation, Row
from pyspark.sql import functions as F

from libs.once import Once
from libs.store import arrow_counts
from libs.store.arrow_rows import plain
from libs.store.staged import NotEvaluable

COUNT = "_count"

Answer = TypeVar("Answer")


class SparkStaging:
    """One refresh's staged rows (`libs.store.staged.Staging`), for one thread."""

    def __init__(self, few_rows: int = 0) -> None:
        """Nothing is staged yet; fewer than `few_rows` are taken into this process's memory."""
        self._few_rows = few_rows
        self._kept: list[DataFrame] = []

    def keep(self, rows: DataFrame, **figures: str) -> "KeptRows":
        """The rows in Spark's cache, which the first pass over them fills."""
        self._kept.append(rows.persist(StorageLevel.MEMORY_AND_DISK))
        return KeptRows(self._kept[-1], figures, self._few_rows)

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
    """Rows in the cache; count and figures are one aggregation, which fills the cache where nothing did before.

    Few rows are taken from there into this process's memory, where DuckDB answers what is asked of them: each query takes Spark
    longer than their computation does.
    """

    def __init__(self, rows: DataFrame, figures: Mapping[str, str], few_rows: int) -> None:
        """`rows` are persisted; nothing is computed yet."""
        self.rows = rows
        self._figures = Once(lambda: self._aggregated({COUNT: "count(1)", **figures}))
        self.few = Once(lambda: plain(rows.toArrow()) if few_rows and self.count < few_rows else None)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._figures()[COUNT]

    def figure(self, name: str) -> int:
        """The aggregate of that name."""
        return self._figures()[name]

    def arrow(self) -> pa.Table:
        """The rows in the driver's memory."""
        held = self.few()
        return plain(self.rows.toArrow()) if held is None else held

    def counts(self, wanted: Mapping[str, str]) -> dict[str, int]:
        """SQL aggregates, by name, in one query."""
        return self._asked(lambda held: arrow_counts.counts(held, wanted), lambda: self._aggregated(wanted))

    def grouped(self, where: str, by: Mapping[str, str], aggregate: str) -> pa.Table:
        """The aggregate as column `value`, by the expressions."""

        def of_spark() -> pa.Table:
            keys = [F.expr(expression).alias(name) for name, expression in by.items()]
            return self.rows.where(where).groupBy(*keys).agg(F.expr(aggregate).alias("value")).toArrow()

        return self._asked(lambda held: arrow_counts.grouped(held, where, by, aggregate), of_spark)

    def examples(self, where: str, columns: Sequence[str], limit: int) -> pa.Table:
        """Some of the rows that meet `where`."""
        return self._asked(
            lambda held: arrow_counts.examples(held, where, columns, limit),
            lambda: self.rows.where(where).select(*columns).limit(limit).toArrow(),
        )

    def repeated(self, columns: Sequence[str], limit: int) -> pa.Table:
        """Some of the values that several rows have."""

        def of_spark() -> pa.Table:
            copies = self.rows.groupBy(*columns).agg(F.count(F.lit(1)).alias(COUNT)).where(F.col(COUNT) > 1)
            return copies.select(*columns).limit(limit).toArrow()

        return self._asked(lambda held: arrow_counts.repeated(held, columns, limit), of_spark)

    def _asked(self, of_duckdb: Callable[[pa.Table], Answer], of_spark: Callable[[], Answer]) -> Answer:
        """What DuckDB answers of a few rows; of many, and where it can't, what Spark does."""
        held = self.few()
        if held is not None:
            with suppress(NotEvaluable):
                return of_duckdb(held)
        with _evaluated():
            return of_spark()

    def _aggregated(self, wanted: Mapping[str, str]) -> dict[str, int]:
        with _evaluated():
            found = self.rows.agg(*[F.expr(aggregate) for aggregate in wanted.values()]).collect()[0]
        return {name: int(value or 0) for name, value in zip(wanted, found, strict=True)}


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
