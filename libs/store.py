"""The only place that reads and writes Delta tables.

A table `<layer>.<name>` lives at `<root>/<layer>/<name>`. Every write is one Delta commit that carries a *state*, a small
JSON object of the caller's (which source versions were consumed, for which moment): data and state become visible
together or not at all. Versions, states and metrics are read from the Delta log by delta-rs, in milliseconds.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from delta.tables import DeltaTable as SparkDeltaTable
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

State = Mapping[str, Any]
COMMIT_METADATA = "spark.databricks.delta.commitInfo.userMetadata"
CHANGE_COLUMNS = ("_change_type", "_commit_version", "_commit_timestamp")


@dataclass(frozen=True)
class Commit:
    """One entry of a table's history."""

    version: int
    state: State | None
    metrics: Mapping[str, int]


@dataclass(frozen=True)
class Store:
    """Delta tables below `root`, a folder or an object store's address, seen through one Spark session."""

    spark: SparkSession
    root: str

    def in_own_session(self) -> "Store":
        """The same tables through a session of its own, whose settings nobody else changes."""
        return replace(self, spark=self.spark.newSession())

    def path(self, name: str) -> str:
        """Where the table lives."""
        layer, short = name.split(".", 1)
        return f"{self.root}/{layer}/{short}"

    def exists(self, name: str) -> bool:
        """Whether a version of the table has been published."""
        return DeltaTable.is_deltatable(self.path(name))

    def version(self, name: str) -> int:
        """The newest version."""
        return DeltaTable(self.path(name)).version()

    def row_count(self, name: str, version: int | None = None) -> int:
        """The number of rows of the newest or a named version, by the log's statistics; no table here has deletion vectors."""
        files = DeltaTable(self.path(name), version=version).get_add_actions(flatten=True)
        return sum(files["num_records"].to_pylist())

    def columns(self, name: str) -> list[str]:
        """Names of the newest version's columns."""
        return [f.name for f in DeltaTable(self.path(name)).schema().fields]

    def last_commit(self, name: str) -> Commit:
        """The newest commit that carries a state; without one, the newest commit."""
        history = [_commit(entry) for entry in DeltaTable(self.path(name)).history()]
        return next((c for c in history if c.state is not None), history[0])

    def read(self, name: str, version: int | None = None) -> DataFrame:
        """The table's rows, of the newest or a named version."""
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return reader.load(self.path(name))

    def changes(self, name: str, after: int, until: int) -> DataFrame:
        """Rows inserted, deleted, and updated (before and after) by the versions after `after` up to `until`.

        Has the table's columns and Delta's `_change_type`, `_commit_version`, `_commit_timestamp`.
        """
        reader = self.spark.read.format("delta").option("readChangeFeed", "true")
        return reader.option("startingVersion", after + 1).option("endingVersion", until).load(self.path(name))

    def append(self, name: str, rows: DataFrame, state: State | None = None, txn: tuple[str, int] | None = None) -> None:
        """Add rows. `txn` (application, number) makes a repeated append of the same number do nothing."""
        writer = rows.write.format("delta").mode("append").option("mergeSchema", "true")
        writer = writer.option("userMetadata", _pack(state or {}))
        if txn is not None:
            writer = writer.option("txnAppId", txn[0]).option("txnVersion", txn[1])
        writer.save(self.path(name))

    def overwrite(self, name: str, rows: DataFrame, state: State) -> None:
        """Make `rows` the table, schema included; the version before stays readable by its number."""
        writer = rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
        writer.option("userMetadata", _pack(state)).save(self.path(name))

    def replace_where(self, name: str, rows: DataFrame, condition: str, state: State) -> None:
        """Replace exactly the rows that meet the SQL `condition` by `rows`, which must meet it too."""
        writer = rows.write.format("delta").mode("overwrite").option("replaceWhere", condition)
        writer.option("userMetadata", _pack(state)).save(self.path(name))

    def merge(self, name: str, rows: DataFrame, key: Sequence[str], update_when: str, state: State) -> None:
        """Insert the rows whose key is new, update those where `update_when` holds over `t` (there) and `s` (given).

        A given row with a true `_deleted`, where that column is present, removes its counterpart.
        """
        values = {c: f"s.{c}" for c in rows.columns if c != "_deleted"}
        on = " and ".join(f"t.{c} = s.{c}" for c in key)
        self.spark.conf.set(COMMIT_METADATA, _pack(state))
        try:
            merge = SparkDeltaTable.forPath(self.spark, self.path(name)).alias("t").merge(rows.alias("s"), on)
            if "_deleted" in rows.columns:
                merge = merge.whenMatchedDelete("s._deleted")
            merge = merge.whenMatchedUpdate(update_when, set=dict(values))
            merge.whenNotMatchedInsert("not s._deleted" if "_deleted" in rows.columns else "true", dict(values)).execute()
        finally:
            self.spark.conf.unset(COMMIT_METADATA)

    def delete(self, name: str, condition: str, state: State) -> None:
        """Remove the rows that meet the SQL `condition`."""
        self.spark.conf.set(COMMIT_METADATA, _pack(state))
        try:
            SparkDeltaTable.forPath(self.spark, self.path(name)).delete(condition)
        finally:
            self.spark.conf.unset(COMMIT_METADATA)

    def register(self, name: str) -> None:
        """Make the table known to the Spark catalogue under its name, once."""
        layer = name.split(".", 1)[0]
        self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS {layer} LOCATION '{self.root}/{layer}'")
        self.spark.sql(f"CREATE TABLE IF NOT EXISTS {name} USING delta LOCATION '{self.path(name)}'")


def arrow_rows(path: str) -> Any:
    """The newest version's rows of the table at `path` as an Arrow dataset, without Spark."""
    return DeltaTable(path).to_pyarrow_dataset()


def only_inserted(changes: DataFrame) -> DataFrame:
    """The rows of a change feed as they are after the change, without Delta's own columns."""
    return changes.where(F.col("_change_type").isin("insert", "update_postimage")).drop(*CHANGE_COLUMNS)


def date_ranges(days: Sequence[date]) -> list[tuple[date, date]]:
    """Sorted days as (first, last) of each unbroken run."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges


def within(expression: str, ranges: Sequence[tuple[date, date]]) -> str:
    """A SQL condition: the date `expression` lies in one of the ranges, ends included."""
    parts = [f"({expression} between date'{first}' and date'{last}')" for first, last in ranges]
    return "(" + " or ".join(parts) + ")" if parts else "false"


def _pack(state: State) -> str:
    return json.dumps({"lakehouse": dict(state)}, sort_keys=True)


def _commit(entry: Mapping[str, Any]) -> Commit:
    metadata = entry.get("userMetadata")
    state = json.loads(metadata).get("lakehouse") if metadata and metadata.startswith('{"lakehouse"') else None
    metrics = {k: int(v) for k, v in (entry.get("operationMetrics") or {}).items() if str(v).isdigit()}
    return Commit(int(entry["version"]), state, metrics)
