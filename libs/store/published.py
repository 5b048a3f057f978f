"""Reading the published Delta tables without Spark: versions, states and counts from the log, rows as Arrow.

A table `<layer>.<name>` lives at `<root>/<layer>/<name>`. The log is read by delta-rs, in milliseconds.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import duckdb
from deltalake import DeltaTable

from libs.settings.config import Settings
from libs.store.handles import Handles, storage_options

State = Mapping[str, Any]
# How many more commits are read each time that those read so far carry no state.
FURTHER = 8
# What the log calls versions in which no row changes.
UPKEEP = ("OPTIMIZE", "VACUUM START", "VACUUM END")


@dataclass(frozen=True)
class Commit:
    """One entry of a table's history. `metrics` are what the engine that wrote it counted, by that engine's names."""

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
class VersionFiles:
    """Of a version of a table, its columns with their types as Delta's log writes them, and its files' addresses."""

    columns: Mapping[str, Any]
    paths: Sequence[str]
    are_on_disk: bool


@dataclass(frozen=True)
class Published:
    """The tables below `root`, a folder or an object store's address, as they are when they are first asked for.

    A table is opened once; what others write meanwhile is seen by another object, or once its history is asked for.
    """

    root: str
    handles: Handles = field(default_factory=Handles, repr=False, kw_only=True, compare=False)

    @classmethod
    def of(cls, settings: Settings) -> "Published":
        """The tables that the settings name."""
        return cls(settings.lakehouse_root, handles=Handles(storage_options(settings)))

    @property
    def storage(self) -> dict[str, str]:
        """How delta-rs reaches an object store."""
        return self.handles.storage

    def path(self, name: str) -> str:
        """Where the table lives."""
        layer, short = name.split(".", 1)
        return f"{self.root}/{layer}/{short}"

    def exists(self, name: str) -> bool:
        """Whether a version of the table has been published."""
        return self.handles.exists(self.path(name))

    def renew(self, name: str) -> Commit:
        """Look for versions that were written since the table was opened; returns the newest commit."""
        return _commit(self._renewed(name).history(1)[0])

    def version(self, name: str) -> int:
        """The newest version."""
        return self.table(name).version()

    def newest(self, name: str) -> int | None:
        """The newest version, None where there is no such table. Other threads go on while a store that is away is waited for."""
        table = self.handles.opened(self.path(name))
        return None if table is None else table.version()

    def opened_before(self, name: str) -> None:
        """Open the table, if it exists, before rows for it are computed: a write replaces what was there when it began."""
        self.newest(name)

    def row_count(self, name: str, version: int | None = None) -> int:
        """The number of rows of the newest or a named version, by the log's statistics; no table here has deletion vectors."""
        files = self.table(name, version).get_add_actions(flatten=True)
        return sum(files["num_records"].to_pylist())

    def size(self, name: str) -> Size:
        """Files, rows and bytes of the newest version, by the log."""
        files = self.table(name).get_add_actions(flatten=True)
        return Size(len(files), sum(files["num_records"].to_pylist()), sum(files["size_bytes"].to_pylist()))

    def properties(self, name: str) -> Mapping[str, str]:
        """The newest version's properties, by Delta's names."""
        return dict(self.table(name).metadata().configuration)

    def columns(self, name: str) -> list[str]:
        """Names of the newest version's columns."""
        return [f.name for f in self.table(name).schema().fields]

    def last_commit(self, name: str) -> Commit:
        """The newest commit that carries a state; without one, the newest commit. No more of the history is read than needed."""
        table, limit = self._renewed(name), 1
        while True:
            history = [_commit(entry) for entry in table.history(limit)]
            with_state = next((commit for commit in history if commit.state is not None), None)
            if with_state is not None or len(history) < limit:
                return with_state or history[0]
            limit *= FURTHER

    def greatest(self, name: str, column: str) -> Any:
        """The greatest value of a column, None where it has none.

        By the log's statistics (times to the millisecond below) where every file has them: another writer may have left
        them out; then the column is read.
        """
        files = self.table(name).get_add_actions(flatten=True)
        wanted = [f"max.{column}", f"null_count.{column}", "num_records"]
        if not set(wanted) <= set(files.column_names):
            return self._greatest_read(name, column)
        values = list(zip(*(files[part].to_pylist() for part in wanted), strict=True))
        if any(value is None and nulls != rows for value, nulls, rows in values):
            return self._greatest_read(name, column)
        return max((value for value, _, _ in values if value is not None), default=None)

    def _greatest_read(self, name: str, column: str) -> Any:
        # It takes longer to import than most logs do to read.
        import pyarrow.compute as pc

        batches = self.arrow(name).to_batches(columns=[column])
        found = (pc.max(batch.column(0)).as_py() for batch in batches)
        return max((value for value in found if value is not None), default=None)

    def changed(self, name: str, expression: str, after: int, until: int) -> list[Any]:
        """Each value but null of a DuckDB `expression` over the rows that versions after `after` up to `until` changed.

        Those are the inserted and the deleted ones, and the updated ones before and after.
        """
        table = self.table(name)
        columns = [f.name for f in table.schema().fields if re.search(rf"\b{f.name}\b", expression)]
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            connection.register("changes", table.load_cdf(after + 1, until, columns=columns))
            found = connection.execute(f"select distinct {expression} as value from changes where value is not null")
            return [value for (value,) in found.fetchall()]

    def keeps_changes(self, name: str, after: int) -> bool:
        """Whether all that the versions after `after` changed still exists, in the log and in files that no VACUUM deleted."""
        table = self._renewed(name)
        later = table.history(table.version() - after) if table.version() > after else []
        if len(later) < table.version() - after:
            return False
        return all(_kept_until(entry) <= later[-1]["timestamp"] for entry in later if entry["operation"] == "VACUUM START")

    def has_same_rows(self, name: str, after: int) -> bool:
        """Whether no version after `after` changed a row: those of upkeep, and commits of a state alone."""
        table = self._renewed(name)
        later = table.history(table.version() - after) if table.version() > after else []
        return len(later) == table.version() - after and not any(map(_changes_rows, later))

    def arrow(self, name: str, version: int | None = None) -> Any:
        """The rows of the newest or a named version as an Arrow dataset."""
        return self.table(name, version).to_pyarrow_dataset()

    def files(self, name: str, version: int | None = None) -> VersionFiles:
        """The files of the newest or a named version, and its columns."""
        table = self.table(name, version)
        fields = json.loads(table.schema().to_json())["fields"]
        # delta-rs's own `file_uris` would write a blank of a folder's name as %20.
        named = table.get_add_actions(flatten=True)["path"].to_pylist()
        paths = [f"{self.path(name)}/{unquote(path)}" for path in named]
        return VersionFiles({field["name"]: field["type"] for field in fields}, paths, "://" not in self.root)

    def table(self, name: str, version: int | None = None) -> DeltaTable:
        """The table as delta-rs opened it."""
        return self.handles.table(self.path(name), version)

    def _renewed(self, name: str) -> DeltaTable:
        """For its history: delta-rs lists the newest commits and counts their versions down from that of the opened table."""
        return self.handles.renewed(self.path(name))


def packed(state: State) -> str:
    """The state as a commit carries it."""
    return json.dumps({"lakehouse": dict(state)}, sort_keys=True)


def _kept_until(vacuum: Mapping[str, Any]) -> int:
    """The moment, in milliseconds, before which a VACUUM deleted the files that its version did not need."""
    parameters = vacuum["operationParameters"]
    return int(vacuum["timestamp"]) - int(parameters.get("specifiedRetentionMillis", parameters["defaultRetentionMillis"]))


def _changes_rows(entry: Mapping[str, Any]) -> bool:
    """False where the log says that no row changed."""
    if entry["operation"] in UPKEEP:
        return False
    metrics = entry.get("operationMetrics") or {}
    is_appended = (entry.get("operationParameters") or {}).get("mode") == "Append"
    return not is_appended or str(metrics.get("num_added_rows", metrics.get("numOutputRows"))) != "0"


def _commit(entry: Mapping[str, Any]) -> Commit:
    metadata = entry.get("userMetadata")
    state = json.loads(metadata).get("lakehouse") if metadata and metadata.startswith('{"lakehouse"') else None
    metrics = {k: int(v) for k, v in (entry.get("operationMetrics") or {}).items() if str(v).isdigit()}
    return Commit(int(entry["version"]), state, metrics)
