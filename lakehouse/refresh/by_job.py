"""What a job does that fills tables of its own (`ByJob`): it reads published versions and publishes checked rows, as the one writer.

A job opens one `filling`, reads with `store`, and passes each table's rows to `publish`. Checks are recorded when it ends.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.refresh.checks import Checks
from lakehouse.refresh.publication import checked
from lakehouse.refresh.recording import record_checks
from lakehouse.refresh.run import Outcome, Run
from libs.engines.choice import chosen
from libs.engines.opening import opened
from libs.errors import InputError
from libs.locks.writing import writing
from libs.settings.config import Settings
from libs.store.conditions import ALWAYS, Condition, Not
from libs.store.dialects import spark_sql
from libs.store.port import Store
from libs.store.staged import Staged
from libs.tables import Table

Say = Callable[[str], None]


@dataclass(frozen=True)
class Filling:
    """One run of a job. `said` is called for each table as soon as it is published, `say` with remarks of one line."""

    run: Run
    checks: Checks
    say: Say
    said: Callable[[Outcome], None]
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def store(self) -> Store:
        """The tables."""
        return self.run.store

    @property
    def moment(self) -> datetime:
        """When the run began, UTC."""
        return self.run.moment

    def as_of(self) -> datetime:
        """The moment that the published metrics are as of, UTC. Raises InputError where no run has finished."""
        state = (
            self.store.last_commit("gold.user_activity_daily").state if self.store.exists("gold.user_activity_daily") else None
        )
        if not state or not state.get("as_of"):
            raise InputError(f"{self.store.root} has no gold.user_activity_daily: run `make demo` or jobs.refresh first")
        return datetime.fromisoformat(state["as_of"])

    def publish(self, table: Table, rows: DataFrame | pa.Table, scope: Condition = ALWAYS, **said: object) -> Outcome:
        """Make `rows` the rows of the table within `scope`, which all of them must meet; other rows stay as they are.

        Only rows that are new or differ are written, and those of the scope that are not given any more are deleted, in one
        commit; where nothing differs there is none. A table that has other columns than declared is written whole. `said` is
        committed with the rows, as JSON values, beside the versions of the table's sources. Raises TableError, and writes nothing,
        where the rows may not be published.
        """
        began = time.monotonic()
        store = self.store
        state = {"sources": {name: store.version(name) for name in table.sources if store.exists(name)}, **said}
        with store.staging() as staging:
            frame = rows if isinstance(rows, DataFrame) else _frame(store, table, rows)
            if store.exists(table.name) and sorted(store.columns(table.name)) == sorted(table.column_names):
                outcome = self._merged(table, checked(self.run, table, frame, staging).rows, scope, state)
            else:
                outcome = self._whole(table, checked(self.run, table, self._with_others(table, frame, scope), staging), state)
        return self._done(outcome, began)

    def _with_others(self, table: Table, rows: DataFrame, scope: Condition) -> DataFrame:
        """The rows, and those outside of the scope of a table whose columns were others; a column that it lacks is empty there."""
        if scope == ALWAYS or not self.store.exists(table.name):
            return rows
        others = self.store.read(table.name).where(spark_sql(Not(scope)))
        known = {c.name: F.col(c.name) if c.name in others.columns else F.lit(None) for c in table.columns}
        return rows.unionByName(others.select(*[known[c.name].cast(c.type).alias(c.name) for c in table.columns]))

    def _whole(self, table: Table, staged: Staged, state: dict[str, object]) -> Outcome:
        written = self.store.overwrite(table, staged, state)
        return Outcome(table.name, "full", rows_out=written.inserted, version=written.version)

    def _merged(self, table: Table, rows: DataFrame, scope: Condition, state: dict[str, object]) -> Outcome:
        store = self.store
        with store.staging() as staging:
            changes = staging.keep(_changes(table, rows, store.read(table.name).where(spark_sql(scope))))
            if not changes.count:
                return Outcome(table.name, "unchanged", version=store.version(table.name))
            written = store.merge(table, changes.rows, ALWAYS, state)
        return Outcome(table.name, "merge", rows_out=written.changed, version=written.version)

    def _done(self, outcome: Outcome, began: float) -> Outcome:
        timed = replace(outcome, seconds=time.monotonic() - began)
        self.outcomes.append(timed)
        self.said(timed)
        return timed


@contextmanager
def filling(settings: Settings, job: str, say: Say, said: Callable[[Outcome], None]) -> Iterator[Filling]:
    """The tables that the settings name, for one run of `job`, which is the one writer until it ends.

    What was published and checked is recorded also where the job fails. Raises InputError where another one holds the lock.
    """
    moment = datetime.now(UTC)
    with writing(settings, job, say):
        store = opened(settings, chosen(settings, lambda: 0).engine, job)
        with Checks(f"{moment:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}", moment) as checks:
            heard = checks.awaited(said)
            work = Filling(Run(store, moment, checks.enforce), checks, say, heard)
            try:
                yield work
            finally:
                _record(work)


def _record(work: Filling) -> None:
    if not work.outcomes:
        return
    recorded = record_checks(work.run, work.checks, ())
    if work.store.has_catalogue:
        work.store.register([*recorded, *dict.fromkeys(outcome.table for outcome in work.outcomes)])


def _frame(store: Store, table: Table, rows: pa.Table) -> DataFrame:
    """Of Arrow without rows PySpark infers no types, though it has them."""
    return store.spark.createDataFrame(rows) if rows.num_rows else store.spark.createDataFrame([], table.schema)


def _changes(table: Table, rows: DataFrame, there: DataFrame) -> DataFrame:
    """Rows that are new or differ from those `there`, and those that are not given any more, marked `_deleted`."""
    keys, names = list(table.primary_key), table.column_names
    given = rows.select(*names).withColumn("_given", F.lit(True))
    held = there.select(*[F.col(name).alias(f"_held_{name}") for name in names], F.lit(True).alias("_held"))
    both = given.join(held, on=F.expr(_all_equal(keys, "=")), how="full")
    gone = F.col("_given").isNull()
    taken = [F.when(gone, F.col(f"_held_{name}")).otherwise(F.col(name)).alias(name) for name in names]
    return both.where(f"not ({_all_equal(names)})").select(*taken, gone.alias("_deleted"))


def _all_equal(names: Sequence[str], equal: str = "<=>") -> str:
    """As SQL: a chain of so many conditions on columns is nested too deeply for the protocol of Spark Connect."""
    return " and ".join(f"`{name}` {equal} `_held_{name}`" for name in names)
