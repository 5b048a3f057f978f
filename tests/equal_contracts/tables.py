"""Tables and staging in memory, with what refreshes of silver tables ask of a store, on any engine."""

from dataclasses import dataclass, field

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from libs.store.conditions import Condition
from libs.store.published import State
from libs.store.staged import Written
from libs.tables import Table


def frame_of(spark: SparkSession, rows: pa.Table) -> DataFrame:
    """The rows as a frame; without any, Spark Connect wants to be told their columns."""
    return spark.createDataFrame(rows) if rows.num_rows else spark.createDataFrame([], from_arrow_schema(rows.schema))


@dataclass
class Tables:
    """Versions of tables, each all of its rows; a version's changes are the rows that it has more than the one before."""

    spark: SparkSession
    versions: dict[str, list[pa.Table]] = field(default_factory=dict)
    changed: dict[str, pa.Table] = field(default_factory=dict)
    merged: dict[str, DataFrame] = field(default_factory=dict)
    engine = "spark"

    def exists(self, name: str) -> bool:
        """Whether the table has a version."""
        return name in self.versions

    def read(self, name: str, version: int | None = None) -> DataFrame:
        """The rows of the newest or a named version."""
        return frame_of(self.spark, self.versions[name][-1 if version is None else version])

    def changes(self, name: str, after: int, until: int) -> DataFrame:
        """What the newest version added."""
        assert (after, until) == (0, 1)
        added = frame_of(self.spark, self.changed[name]).withColumn("_change_type", F.lit("insert"))
        return added.withColumns({"_commit_version": F.lit(1), "_commit_timestamp": F.lit(None).cast("timestamp")})

    def merge(self, table: Table, rows: DataFrame, update_when: Condition, state: State) -> Written:
        """Keep what is given: which rows of it change something, the store's own tests say."""
        self.merged[table.name] = Staging().without_plan(rows)
        return Written(1)

    def staging(self) -> "Staging":
        """Where rows are staged."""
        return Staging()

    def row_count(self, name: str, version: int | None = None) -> int:
        """The number of rows of the newest or a named version."""
        return int(self.versions[name][-1 if version is None else version].num_rows)


class Staging:
    """Rows are taken into memory when they are staged."""

    def __enter__(self) -> "Staging":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def passing(self, rows: DataFrame, **figures: str) -> "Staged":
        """The rows with their figures."""
        return self.keep(rows, **figures)

    def keep(self, rows: DataFrame, **figures: str) -> "Staged":
        """The rows with their figures."""
        rows = self.without_plan(rows)
        found = rows.agg(F.count(F.lit(1)).alias("_count"), *[F.expr(sql).alias(name) for name, sql in figures.items()])
        return Staged(rows, {name: int(value or 0) for name, value in found.collect()[0].asDict().items()})

    def without_plan(self, rows: DataFrame) -> DataFrame:
        """The rows, computed."""
        return frame_of(rows.sparkSession, rows.toArrow())


@dataclass(frozen=True)
class Staged:
    """Rows and their figures."""

    rows: DataFrame
    figures: dict[str, int]

    @property
    def uncounted(self) -> DataFrame:
        """The same."""
        return self.rows

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.figures["_count"]

    def figure(self, name: str) -> int:
        """The aggregate of that name."""
        return self.figures[name]
