"""The only place that writes Delta tables, and reads them with Spark.

Every write is one Delta commit that carries a *state*, a small JSON object of the caller's (which source versions were
consumed, for which moment): data and state become visible together or not at all.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import unquote

from delta.tables import DeltaTable as SparkDeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from libs.settings.config import Settings
from libs.store.handles import Handles, storage_options
from libs.store.port import Written
from libs.store.published import Commit, Published, State
from libs.store.spark_staging import SparkStaging

COMMIT_METADATA = "spark.databricks.delta.commitInfo.userMetadata"
# What the catalogue tells of a table whose files are not its own.
EXTERNAL = re.compile(r"^Type: EXTERNAL$.*?^Location: (.*?)$", re.DOTALL | re.MULTILINE)
CHANGE_COLUMNS = ("_change_type", "_commit_version", "_commit_timestamp")


@dataclass(frozen=True)
class Store(Published):
    """Delta tables below `root`, a folder or an object store's address, read and written through one Spark session."""

    spark: SparkSession
    engine = "spark"

    @classmethod
    def opened(cls, settings: Settings, spark: SparkSession) -> "Store":
        """The tables that the settings name, through that session."""
        return cls(settings.lakehouse_root, spark, handles=Handles(storage_options(settings)))

    def in_own_session(self) -> "Store":
        """The same tables through a session of its own, whose settings nobody else changes."""
        return replace(self, spark=self.spark.newSession())

    def staging(self) -> SparkStaging:
        """Where rows are staged for one table's refresh."""
        return SparkStaging()

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

    def append(
        self,
        name: str,
        rows: DataFrame,
        state: State | None = None,
        txn: tuple[str, int] | None = None,
        skipping: Sequence[str] = (),
    ) -> Written:
        """Add rows. `txn` (application, number) makes a repeated append of the same number do nothing.

        skipping: columns by whose least and greatest value a file can be skipped, kept as the table is made.
        """
        writer = rows.write.format("delta").mode("append").option("mergeSchema", "true").options(**_skipping(skipping))
        writer = writer.option("userMetadata", packed(state or {}))
        before = self.version(name) if txn is not None and self.exists(name) else None
        if txn is not None:
            writer = writer.option("txnAppId", txn[0]).option("txnVersion", txn[1])
        writer.save(self.path(name))
        commit = self.renew(name)
        return Written(commit.version, 0 if commit.version == before else _inserted(commit))

    def overwrite(self, name: str, rows: DataFrame, state: State, skipping: Sequence[str] = ()) -> Written:
        """Make `rows` the table, schema included; the version before stays readable by its number. `skipping` as in `append`."""
        before = self.row_count(name) if self.exists(name) else 0
        if self.exists(name) and not _skipping(skipping).items() <= self.properties(name).items():
            self._replace(name, rows, state, skipping)
        else:
            self._overwrite(name, rows, state, skipping)
        commit = self.renew(name)
        return Written(commit.version, _inserted(commit), deleted=before)

    def _overwrite(self, name: str, rows: DataFrame, state: State, skipping: Sequence[str]) -> None:
        writer = rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true").options(**_skipping(skipping))
        writer.option("userMetadata", packed(state)).save(self.path(name))

    def _replace(self, name: str, rows: DataFrame, state: State, skipping: Sequence[str]) -> None:
        """Overwrite the table's properties too: a plain overwrite keeps them, and fails where they name a column that is gone."""
        writer = rows.writeTo(f"delta.`{self.path(name)}`").using("delta")
        for key, value in _skipping(skipping).items():
            writer = writer.tableProperty(key, value)
        with setting(self.spark, COMMIT_METADATA, packed(state)):
            writer.createOrReplace()

    def replace_where(self, name: str, rows: DataFrame, condition: str, state: State) -> Written:
        """Replace exactly the rows that meet the SQL `condition` by `rows`, which must meet it too."""
        writer = rows.write.format("delta").mode("overwrite").option("replaceWhere", condition)
        writer.option("userMetadata", packed(state)).save(self.path(name))
        commit = self.renew(name)
        return Written(commit.version, _inserted(commit), deleted=commit.metrics.get("numDeletedRows", 0))

    def merge(self, name: str, rows: DataFrame, key: Sequence[str], update_when: str, state: State) -> Written:
        """Insert the rows whose key is new, update those where `update_when` holds over `t` (stored) and `s` (given).

        A given row with a true `_deleted`, where that column is present, removes its counterpart. `rows` are read twice.
        """
        kinds = {kind: f"count_if(_change = '{kind}')" for kind in ("insert", "update", "delete")}
        with self.staging() as staging:
            marked = staging.keep(self._marked(name, rows, key, update_when), **kinds)
            inserted, updated, deleted = (marked.figure(kind) for kind in kinds)
            if updated or deleted:
                self._merge(name, marked.rows, key, state)
            else:
                # No row of the table changes: none of its files has to be looked for and written again.
                self.append(name, marked.rows.drop("_change", "_deleted"), state)
        return Written(self.renew(name).version, inserted, updated, deleted)

    def commit(self, name: str, state: State) -> Written:
        """Commit the state alone: it says what was read, and need not be read again."""
        return self.append(name, self.spark.createDataFrame([], self.read(name).schema), state)

    def _marked(self, name: str, rows: DataFrame, key: Sequence[str], update_when: str) -> DataFrame:
        """The rows that change something, with `_change`: insert, update or delete. Others would have files rewritten for nothing."""
        deleted = "s._deleted" if "_deleted" in rows.columns else "false"
        there = self.read(name).withColumn("_there", F.lit(True))
        joined = rows.alias("s").join(there.alias("t"), on=F.expr(" and ".join(f"s.{c} = t.{c}" for c in key)), how="left")
        kind = f"""case when t._there is null and not {deleted} then 'insert' when t._there and {deleted} then 'delete'
            when t._there and ({update_when}) then 'update' end"""
        return joined.select("s.*", F.expr(kind).alias("_change")).where("_change is not null")

    def _merge(self, name: str, marked: DataFrame, key: Sequence[str], state: State) -> None:
        values = {c: f"s.{c}" for c in marked.columns if c not in ("_change", "_deleted")}
        on = " and ".join(f"t.{c} = s.{c}" for c in key)
        with setting(self.spark, COMMIT_METADATA, packed(state)):
            merge = SparkDeltaTable.forPath(self.spark, self.path(name)).alias("t").merge(marked.alias("s"), on)
            merge = merge.whenMatchedDelete("s._change = 'delete'").whenMatchedUpdate(set=dict(values))
            merge.whenNotMatchedInsert(values=dict(values)).execute()

    def delete(self, name: str, condition: str, state: State) -> Written:
        """Remove the rows that meet the SQL `condition`."""
        with setting(self.spark, COMMIT_METADATA, packed(state)):
            SparkDeltaTable.forPath(self.spark, self.path(name)).delete(condition)
        commit = self.renew(name)
        return Written(commit.version, deleted=commit.metrics.get("numDeletedRows", 0))

    def register(self, names: Iterable[str]) -> None:
        """Make the tables known to the Spark catalogue under their names.

        Those that it knows are left alone, unless the lakehouse was moved or copied together with its own catalogue: then
        they are looked for where the lakehouse is now, and no longer where it was.
        """
        wanted = sorted(names)
        for layer in sorted({name.split(".", 1)[0] for name in wanted}):
            self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS {layer} LOCATION '{self.root}/{layer}'")
            known = {f"{layer}.{row['tableName']}" for row in self.spark.sql(f"SHOW TABLES IN {layer}").collect()}
            of_layer = [name for name in wanted if name.startswith(f"{layer}.")]
            if self._moved(layer):
                known -= self._forgotten(layer, known.intersection(of_layer))
            for name in [name for name in of_layer if name not in known]:
                self.spark.sql(f"CREATE TABLE IF NOT EXISTS {name} USING delta LOCATION '{self.path(name)}'")

    def _moved(self, layer: str) -> bool:
        if self.spark.conf.get("spark.hadoop.hive.metastore.uris", None):
            # A metastore serves others too: tables that it knows elsewhere are theirs, and no job's to take over.
            return False
        rows = self.spark.sql(f"DESCRIBE SCHEMA {layer}").collect()
        return _plain(next(row["info_value"] for row in rows if row["info_name"] == "Location")) != _plain(f"{self.root}/{layer}")

    def _forgotten(self, layer: str, names: Iterable[str]) -> set[str]:
        """Drop those from the catalogue that it looks for elsewhere; their files, which are not the catalogue's, stay.

        Their location can't be changed where the old place is gone, and a schema's own in no embedded catalogue.
        """
        rows = self.spark.sql(f"SHOW TABLE EXTENDED IN {layer} LIKE '*'").collect()
        found = {f"{layer}.{row['tableName']}": EXTERNAL.search(row["information"]) for row in rows}
        elsewhere = {name for name in names if (at := found[name]) and _plain(at[1]) != _plain(self.path(name))}
        for name in sorted(elsewhere):
            self.spark.sql(f"DROP TABLE {name}")
        return elsewhere


def _plain(location: str) -> str:
    """The location as a path, or as an object store's address."""
    return re.sub("^file:/*", "/", unquote(location)).rstrip("/")


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


def _skipping(columns: Sequence[str]) -> dict[str, str]:
    """Statistics of every column, Delta's default, would cost more than the writing of texts itself."""
    return {"delta.dataSkippingStatsColumns": ",".join(columns)} if columns else {"delta.dataSkippingNumIndexedCols": "0"}


def _inserted(commit: Commit) -> int:
    """Rows that a commit of Spark's wrote, without those that it copied from one file to another; it counts none where none came."""
    return commit.metrics.get("numOutputRows", 0) - commit.metrics.get("numCopiedRows", 0)


def packed(state: State) -> str:
    """The state as a commit carries it."""
    return json.dumps({"lakehouse": dict(state)}, sort_keys=True)


@contextmanager
def setting(spark: SparkSession, key: str, value: str) -> Iterator[None]:
    """Have a setting in the session for as long as the block runs."""
    spark.conf.set(key, value)
    try:
        yield
    finally:
        spark.conf.unset(key)
