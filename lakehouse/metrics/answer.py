"""Answers a question about metrics from the tables as the last finished run left them, whatever runs meanwhile.

DuckDB computes it from the metric's declaration, over exactly the versions that the run published, without Spark. So all numbers
are of one run, two questions between two runs get the same answer, and the answer names the versions. Counts and sums are
exact; quotients and averages are doubles, equal to those of Spark's metric views but for the last bits: the engines add up in
another order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from lakehouse.catalogue.entry import Catalogue
from lakehouse.gold.refresh_results import TABLE as RUNS
from lakehouse.metrics.declaration import Grain, Metrics, View
from lakehouse.metrics.request import MOST_ROWS, Request, checked, plain_sql, sql
from lakehouse.metrics.source import tables_of
from lakehouse.metrics.tolerance import source_without_errors, without_errors
from libs.errors import InputError
from libs.sql.translated import duckdb_of
from libs.store.form import check_form
from libs.store.reader import Reader
from libs.store.snapshot import Row, Snapshot

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    with Snapshot.of(tables, [RUNS.name]) as snapshot:
        rows = snapshot.answer(f"""select run_id, "table", version, epoch_us(as_of) as as_of from {RUNS.name}
            where run_id = (select arg_max(run_id, started_at) from {RUNS.name})""")
    if not rows:
        raise InputError(f"{RUNS.name}: there is no finished run at {tables.root}; run python -m jobs.refresh")
    versions = {r["table"]: r["version"] for r in rows if r["version"] is not None}
    return LastRun(rows[0]["run_id"], EPOCH + timedelta(microseconds=rows[0]["as_of"]), versions)


@dataclass(frozen=True)
class Answering:
    """Answers from published tables, all as one run left them."""

    tables: Reader
    metrics: Metrics
    catalogue: Catalogue
    run: LastRun

    def answer(self, request: Request) -> Answer:
        """Return the answer; raises InputError, as `checked` does, and when a table of the view is not made."""
        view = checked(request, self.metrics)
        versions = self._versions(view)
        source = source_without_errors(view.source, self.catalogue, self.run.as_of)
        query = plain_sql(request, without_errors(view, self.catalogue), source)
        with Snapshot(self.tables, versions) as snapshot:
            rows = snapshot.answer(duckdb_of(query))
        limit = request.limit or MOST_ROWS
        partial = _partial(request, rows[:limit], self.run.as_of)
        return Answer(request, view, rows[:limit], sql(request, view), self.run, versions, partial, len(rows) > limit)

    def _versions(self, view: View) -> Mapping[str, int]:
        """The version of each table as the run left it; tables that runs do not record are read as they are."""
        names, known = tables_of(view.source), self.run.versions
        missing = [name for name in names if name not in known and not self.tables.exists(name)]
        if missing:
            raise InputError(f"{view.name} reads {missing[0]}, which is not made: no source gives it")
        return {name: known[name] if name in known else self.tables.version(name) for name in names}


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
