"""Answers a question about metrics from the tables as the last finished run left them, whatever runs meanwhile.

The question goes to a metric view of its own, which reads exactly the versions that the run published. So all numbers are of
one run, two questions between two runs get the same answer, and the answer names the versions. The view stands in the
session's catalogue in memory: the Hive catalogue on Derby, which lets one process in, stays free for the run.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lakehouse.catalogue.entry import Catalogue
from lakehouse.gold.refresh_results import TABLE as RUNS
from lakehouse.metrics.declaration import Grain, Metrics, View
from lakehouse.metrics.request import MOST_ROWS, Request, checked, sql
from lakehouse.metrics.source import tables_of
from lakehouse.metrics.views import definition, digest, make
from libs.errors import InputError
from libs.store.form import check_form
from libs.store.port import Store
from libs.store.reader import Reader

Row = Mapping[str, Any]


@dataclass(frozen=True)
class LastRun:
    """The newest finished run: its id, the moment that it looked from, and the version of each table then."""

    run_id: str
    as_of: datetime
    versions: Mapping[str, int]


@dataclass(frozen=True)
class Answer:
    """The rows that answer a request, and what they were made from.

    query: the SQL, as it can be asked of the Spark catalogue. partial: first days of periods that the rows hold in part only.
    is_cut: whether there are more rows than were asked for.
    """

    request: Request
    view: View
    rows: Sequence[Row]
    query: str
    run: LastRun
    versions: Mapping[str, int]
    partial: Sequence[date] = ()
    is_cut: bool = False


def last_run(tables: Reader) -> LastRun:
    """Return the newest finished run; raises InputError when there is none, or an older version made the tables."""
    if not tables.exists(RUNS.name):
        raise InputError(f"{RUNS.name}: there is no finished run at {tables.root}; run python -m jobs.refresh")
    check_form(tables, RUNS)
    rows = tables.arrow(RUNS.name).to_table(columns=["run_id", "started_at", "as_of", "table", "version"]).to_pylist()
    newest = max(rows, key=lambda row: row["started_at"])
    versions = {r["table"]: r["version"] for r in rows if r["run_id"] == newest["run_id"] and r["version"] is not None}
    return LastRun(newest["run_id"], newest["as_of"], versions)


@dataclass(frozen=True)
class Answering:
    """Answers from the tables of one store, all as one run left them."""

    store: Store
    metrics: Metrics
    catalogue: Catalogue
    run: LastRun
    _made: set[str] = field(default_factory=set)

    def answer(self, request: Request) -> Answer:
        """Return the answer; raises InputError, as `checked` does, and when a table of the view is not made."""
        view = checked(request, self.metrics)
        versions = self._versions(view)
        rows = self.store.spark.sql(sql(request, view, self._view(view, versions))).toArrow().to_pylist()
        limit = request.limit or MOST_ROWS
        partial = _partial(request, rows[:limit], self.run.as_of)
        query = sql(request, view, view.name)
        return Answer(request, view, rows[:limit], query, self.run, versions, partial, len(rows) > limit)

    def _versions(self, view: View) -> Mapping[str, int]:
        """The version of each table as the run left it; tables that runs do not record are read as they are."""
        names = tables_of(view.source)
        missing = [name for name in names if name not in self.run.versions and not self.store.exists(name)]
        if missing:
            raise InputError(f"{view.name} reads {missing[0]}, which is not made: no source gives it")
        known = self.run.versions
        return {name: known[name] if name in known else self.store.version(name) for name in names}

    def _view(self, view: View, versions: Mapping[str, int]) -> str:
        """The name of a view over these versions, made on the first call."""
        made = definition(view, self.catalogue, self.run.as_of, lambda n: f"{self._table(n)} version as of {versions[n]}")
        name = f"{self._schema}.{view.view}_{digest(view, made)}"
        if name not in self._made:
            make(self.store, name, view, made)
            self._made.add(name)
        return name

    @property
    def _schema(self) -> str:
        """Differs between lakehouses, so that one session may answer for several."""
        return f"answers_{hashlib.sha256(self.store.root.encode()).hexdigest()[:8]}"

    def _table(self, name: str) -> str:
        """The table's name in the session's own catalogue, where it is put on the first call."""
        own = f"{self._schema}.{name.replace('.', '_')}"
        if own not in self._made:
            self.store.spark.sql(f"create schema if not exists {self._schema}")
            self.store.spark.sql(f"create table if not exists {own} using delta location '{self.store.path(name)}'")
            self._made.add(own)
        return own


def _partial(request: Request, rows: Sequence[Row], as_of: datetime) -> list[date]:
    """First days of the periods that since, until or `as_of` cut."""
    grain = request.grain
    if grain is None:
        return []
    last = as_of.astimezone(UTC).date() - timedelta(days=1)
    until = min(last, request.until) if request.until else last
    starts = sorted({row[grain] for row in rows if row[grain] is not None})
    return [s for s in starts if _last_day(s, grain) > until or (request.since is not None and s < request.since)]


def _last_day(start: date, grain: Grain) -> date:
    match grain:
        case "day":
            return start
        case "week":
            return start + timedelta(days=6)
        case "month":
            return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
