"""Reading the published Delta tables without Spark: versions, states and counts from the log, rows by DuckDB.

A table `<layer>.<name>` lives at `<root>/<layer>/<name>`. The log is read by delta-rs, in milliseconds.
"""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
from deltalake import DeltaTable

from libs.settings.config import Settings
from libs.store.unreachable import told

State = Mapping[str, Any]


@dataclass(frozen=True)
class Commit:
    """One entry of a table's history."""

    version: int
    state: State | None
    metrics: Mapping[str, int]


@dataclass(frozen=True)
class Size:
    """How large a version of a table is."""

    files: int
    rows: int
    bytes: int


@dataclass(frozen=True)
class Published:
    """The tables below `root`, a folder or an object store's address; `storage` says how delta-rs reaches that store."""

    root: str
    storage: Mapping[str, str] = field(default_factory=dict, repr=False, kw_only=True)

    @classmethod
    def of(cls, settings: Settings) -> "Published":
        """The tables that the settings name."""
        return cls(settings.lakehouse_root, storage=storage_options(settings))

    def path(self, name: str) -> str:
        """Where the table lives."""
        layer, short = name.split(".", 1)
        return f"{self.root}/{layer}/{short}"

    def exists(self, name: str) -> bool:
        """Whether a version of the table has been published."""
        with self._told(name):
            return DeltaTable.is_deltatable(self.path(name), storage_options=dict(self.storage))

    def version(self, name: str) -> int:
        """The newest version."""
        return self._table(name).version()

    def row_count(self, name: str, version: int | None = None) -> int:
        """The number of rows of the newest or a named version, by the log's statistics; no table here has deletion vectors."""
        files = self._table(name, version).get_add_actions(flatten=True)
        return sum(files["num_records"].to_pylist())

    def size(self, name: str) -> Size:
        """Files, rows and bytes of the newest version, by the log."""
        files = self._table(name).get_add_actions(flatten=True)
        return Size(len(files), sum(files["num_records"].to_pylist()), sum(files["size_bytes"].to_pylist()))

    def columns(self, name: str) -> list[str]:
        """Names of the newest version's columns."""
        return [f.name for f in self._table(name).schema().fields]

    def properties(self, name: str) -> Mapping[str, str]:
        """The newest version's properties, by Delta's names."""
        return dict(self._table(name).metadata().configuration)

    def last_commit(self, name: str) -> Commit:
        """The newest commit that carries a state; without one, the newest commit."""
        history = [_commit(entry) for entry in self._table(name).history()]
        return next((c for c in history if c.state is not None), history[0])

    def greatest(self, name: str, column: str) -> Any:
        """The greatest value of a skipping column, by the log's statistics (times to the millisecond below); None without any."""
        files = self._table(name).get_add_actions(flatten=True)
        known = f"max.{column}" in files.column_names
        return max((value for value in files[f"max.{column}"].to_pylist() if value is not None), default=None) if known else None

    def changed(self, name: str, expression: str, after: int, until: int) -> list[Any]:
        """Each value but null of a DuckDB `expression` over the rows that versions after `after` up to `until` changed.

        Those are the inserted and the deleted ones, and the updated ones before and after.
        """
        table = self._table(name)
        columns = [f.name for f in table.schema().fields if re.search(rf"\b{f.name}\b", expression)]
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            connection.register("changes", table.load_cdf(after + 1, until, columns=columns))
            found = connection.execute(f"select distinct {expression} as value from changes where value is not null")
            return [value for (value,) in found.fetchall()]

    def keeps_changes(self, name: str, after: int) -> bool:
        """Whether all that the versions after `after` changed is still there, in the log and in files that no VACUUM deleted."""
        table = self._table(name)
        later = [entry for entry in table.history() if entry["version"] > after]
        if len(later) < table.version() - after:
            return False
        return all(_kept_until(entry) <= later[-1]["timestamp"] for entry in later if entry["operation"] == "VACUUM START")

    def arrow(self, name: str, version: int | None = None) -> Any:
        """The rows of the newest or a named version as an Arrow dataset."""
        return self._table(name, version).to_pyarrow_dataset()

    def _table(self, name: str, version: int | None = None) -> DeltaTable:
        with self._told(name):
            return DeltaTable(self.path(name), version=version, storage_options=dict(self.storage))

    def _told(self, name: str) -> AbstractContextManager[None]:
        """Of an object store's faults, not of a folder's."""
        return told(self.path(name), OSError) if self.storage else nullcontext()


def storage_options(settings: Settings) -> dict[str, str]:
    """What delta-rs needs to reach the tables; nothing where they are files."""
    if settings.s3 is None or "://" not in settings.lakehouse_root:
        return {}
    options = {
        "AWS_ENDPOINT_URL": settings.s3.endpoint,
        "AWS_REGION": settings.s3.region,
        "AWS_ALLOW_HTTP": str(settings.s3.endpoint.startswith("http:")).lower(),
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
        # A store that is away for half a minute is waited for, as Spark does (conf/cluster.yaml).
        "max_retries": "200",
        "retry_timeout": "120s",
        "backoff_config.max_backoff": "2s",
    }
    keys = {"AWS_ACCESS_KEY_ID": settings.s3_access_key, "AWS_SECRET_ACCESS_KEY": settings.s3_secret_key}
    return options | {name: key.get_secret_value() for name, key in keys.items() if key}


@dataclass(frozen=True)
class Differing:
    """Two columns of figures: how many, their sums, in how many they differ, and up to three of these (keys, own, other)."""

    figures: int
    own: Decimal
    other: Decimal
    different: int
    examples: Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Snapshot:
    """Some tables, each at one version, so that all that is asked of them agrees.

    versions: table -> version; only: table -> SQL condition on the rows that are seen of it, where not all are.
    """

    tables: Published
    versions: Mapping[str, int]
    only: Mapping[str, str] = field(default_factory=dict)
    _connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect, repr=False)

    @classmethod
    def of(cls, tables: Published, names: Sequence[str]) -> "Snapshot":
        """The newest versions of those of the named tables that are there."""
        return cls(tables, {name: tables.version(name) for name in dict.fromkeys(names) if tables.exists(name)})

    def __post_init__(self) -> None:
        self._connection.execute("set timezone = 'UTC'")
        for layer in {name.split(".", 1)[0] for name in self.versions}:
            self._connection.execute(f"create schema {layer}")
        for name, version in self.versions.items():
            registered = name.replace(".", "__")
            self._connection.register(registered, self.tables.arrow(name, version))
            self._connection.execute(f"create view {name} as select * from {registered} where {self.only.get(name, 'true')}")

    def __enter__(self) -> "Snapshot":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def __contains__(self, name: str) -> bool:
        return name in self.versions

    def row_count(self, name: str) -> int:
        """How many rows the table has, without reading them."""
        return self.tables.row_count(name, self.versions[name])

    def differing(self, given: pa.Table, keys: Sequence[str], query: str) -> "Differing":
        """Compare figures `given` (columns `keys` and value) with those of `query` (the same columns); 0 where one lacks it."""
        sides = []
        for side, rows in (("own", "given"), ("other", f"({query})")):
            columns = ", ".join(f"cast({key} as varchar) as {key}" for key in keys)
            sides.append(f"(select {columns}, cast(value as decimal(38, 6)) as {side} from {rows})")
        self._connection.register("given", given)
        self._connection.execute(
            f"create or replace temp table compared as select {', '.join(keys)}, coalesce(own, 0) as own,"
            f" coalesce(other, 0) as other from {sides[0]} full join {sides[1]} using ({', '.join(keys)})"
        )
        totals = self._connection.execute("select count(*), sum(own), sum(other) from compared").fetchall()[0]
        bad = "from compared where own <> other"
        count = self._connection.execute(f"select count(*) {bad}").fetchall()[0][0]
        examples = self._connection.execute(f"select * {bad} order by all limit 3").fetchall()
        return Differing(totals[0], totals[1] or Decimal(0), totals[2] or Decimal(0), count, examples)

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """What DuckDB answers to `query` over the tables by their names; `?` stands for a parameter. Decimals come as doubles."""
        return self._connection.execute(query, list(parameters)).df()


def _kept_until(vacuum: Mapping[str, Any]) -> int:
    """The moment, in milliseconds, before which a VACUUM deleted the files that its version did not need."""
    told = vacuum["operationParameters"]
    return int(vacuum["timestamp"]) - int(told.get("specifiedRetentionMillis", told["defaultRetentionMillis"]))


def _commit(entry: Mapping[str, Any]) -> Commit:
    metadata = entry.get("userMetadata")
    state = json.loads(metadata).get("lakehouse") if metadata and metadata.startswith('{"lakehouse"') else None
    metrics = {k: int(v) for k, v in (entry.get("operationMetrics") or {}).items() if str(v).isdigit()}
    return Commit(int(entry["version"]), state, metrics)
