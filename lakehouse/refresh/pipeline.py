"""All tables in order: arrivals into bronze, contracts into silver and quarantine, transforms into the rest."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from itertools import groupby

from lakehouse.bronze.files import Files
from lakehouse.bronze.ingest import ingest
from lakehouse.bronze.left_out import left_out
from lakehouse.catalogue.entry import Catalogue, Entry
from lakehouse.contract.source import Source
from lakehouse.refresh.arrivals import Arrivals
from lakehouse.refresh.as_of import days_apart
from lakehouse.refresh.derived import refresh_derived
from lakehouse.refresh.fed import Fed, feeds_in, reads_of
from lakehouse.refresh.merged import refresh_merged
from lakehouse.refresh.quarantine import refresh_quarantine
from lakehouse.refresh.reconciled import reconcile_arrivals
from lakehouse.refresh.run import FIRST, HeldBack, Mode, NotReconciled, Outcome, Reconciled, Run
from libs.errors import InputError
from libs.graph import run_graph
from libs.store.snapshot import Snapshot
from libs.tables import ByJob, Merge, Table, TableError

Say = Callable[[Outcome], None]


@dataclass(frozen=True)
class Pipeline:
    """One run over all tables; `said` is called for each table as soon as it is done. `workers` tables are refreshed at once.

    say: is called with a remark, one line, on files that are not taken.
    """

    run: Run
    catalogue: Catalogue
    sources: Sequence[Source]
    said: Say
    workers: int = 3
    say: Callable[[str], None] = lambda line: None

    def take(self, source: Source, data: str) -> list[Outcome]:
        """Take the source's new files below the folder `data` into bronze; returns what became of each of its tables.

        Every file there is taken, known from a run before, or named with the reason: in the notes of its table, or by `say`.

        Raises InputError, naming file, table and column, when a file can't be taken; nothing of its table is written then.
        Raises it too when ids or money of another source that is here would mix with this one's.
        """
        store = self.run.store
        self._check_beside_others(source)
        listing = Files.of(data).listing(data)
        for line in left_out(listing, source, self.sources):
            self.say(line)
        tasks: dict[str, Iterable[str]] = {source.bronze_name(name): [] for name in source.tables}
        names = {source.bronze_name(name): name for name in source.tables}

        def take_one(bronze: str, _: Mapping[str, Outcome]) -> Outcome:
            began = time.monotonic()
            taken = ingest(store, source, names[bronze], data, self.run.moment, listing)
            version = store.version(bronze) if store.exists(bronze) else None
            mode: Mode = "append" if taken.rows else "unchanged"
            outcome = Outcome(bronze, mode, rows_in=taken.rows, rows_out=taken.rows, version=version, notes=taken.notes)
            return self._done(outcome, began)

        return list(run_graph(tasks, take_one, self.workers).results.values())

    def _check_beside_others(self, source: Source) -> None:
        store = self.run.store
        here = [s for s in self.sources if any(store.exists(s.bronze_name(name)) for name in s.tables)]
        for other in (s for s in here if s.source != source.source):
            if other.id_prefix == source.id_prefix:
                raise InputError(
                    f"source {source.source}: id_prefix: {other.source} is in {store.root} with the same one, "
                    f"{source.id_prefix!r}, and ids of both would meet: give one of them its own, or take another LAKEHOUSE_ROOT"
                )
            if other.currency and source.currency and other.currency != source.currency:
                raise InputError(
                    f"source {source.source}: currency: its amounts are in {source.currency}, those of {other.source} in "
                    f"{store.root} in {other.currency}, and revenue would add up both: take another LAKEHOUSE_ROOT"
                )

    def refresh_contracted(self) -> list[Outcome]:
        """Bring the silver tables that contracts feed, and quarantine, up to date; returns what became of each.

        Raises TableError as `refresh_derived` does, once all that can be are up to date.
        """
        feeds = feeds_in(self.run.store, self.sources, self.catalogue)
        silver = {name: e for name, e in self.catalogue.items() if isinstance(e.table.refresh, Merge)}
        quarantines = {q: list(fs) for q, fs in groupby(sorted(feeds, key=_quarantine), key=_quarantine)}
        fed_by = {name: [fed for fed in feeds if fed.entity == _entity(entry)] for name, entry in silver.items()}
        graph: dict[str, Iterable[str]] = {name: reads_of(entry, fed_by[name]) for name, entry in silver.items()}
        graph |= {q: [n for n, e in silver.items() if _entity(e) in {f.entity for f in fs}] for q, fs in quarantines.items()}

        def refresh(name: str, before: Mapping[str, Outcome]) -> Outcome:
            began = time.monotonic()
            if name in quarantines:
                done = refresh_quarantine(self.run, quarantines[name], self.catalogue, arrivals, list(before.values()))
                return self._done(done, began)
            outcome = refresh_merged(self.run, silver[name], fed_by[name], self.catalogue, arrivals)
            return self._done(replace(outcome, reconciled=reconcile_arrivals(self.run, outcome, fed_by[name])), began)

        store = self.run.store.in_own_session()
        with store.staging() as staging:
            arrivals = Arrivals(store, staging)
            return self._refresh_all(graph, refresh)

    def refresh_derived(self, as_of: datetime) -> list[Outcome]:
        """Refresh every table that a transform computes, as of the moment `as_of`; returns what became of each.

        A table whose rows may not be published keeps its version, and so do the tables that depend on it; all others are
        refreshed. Raises HeldBack then: what was wrong, and which tables were skipped.
        """
        run = replace(self.run, as_of=as_of)
        derived = {n: e for n, e in self.catalogue.items() if e.transform is not None or self._is_read_of_job(e.table)}
        graph = {name: [source for source in entry.reads if source in derived] for name, entry in derived.items()}

        def refresh(name: str, _: Mapping[str, Outcome]) -> Outcome:
            began, entry = time.monotonic(), derived[name]
            is_by_job = isinstance(entry.table.refresh, ByJob)
            outcome = self._left_to_its_job(entry.table) if is_by_job else refresh_derived(run, entry, self.catalogue)
            return self._done(outcome, began)

        return self._refresh_all(graph, refresh)

    def _refresh_all(
        self, graph: Mapping[str, Iterable[str]], refresh: Callable[[str, Mapping[str, Outcome]], Outcome]
    ) -> list[Outcome]:
        ran = run_graph(graph, refresh, self.workers, fault=TableError)
        done = list(ran.results.values())
        if ran.faults:
            held = [name for name in graph if name not in ran.results and name not in ran.faults]
            lines = [str(error) for error in ran.faults.values()]
            lines += [f"skipped: depends on {_listed(ran.faults)}: {_listed(held)}"] if held else []
            raise HeldBack(lines, [*reconciled_of(done), *_reconciled_before(ran.faults.values())])
        return done

    def _is_read_of_job(self, table: Table) -> bool:
        """Whether a job fills it and a transform reads it."""
        reading = (e for e in self.catalogue.values() if e.transform is not None)
        return isinstance(table.refresh, ByJob) and any(table.name in e.reads for e in reading)

    def _left_to_its_job(self, table: Table) -> Outcome:
        """As the job left it; before the job's first run it is created empty, so that what depends on it has its columns."""
        store = self.run.store
        if store.exists(table.name):
            return Outcome(table.name, "unchanged", version=store.version(table.name))
        written = store.overwrite(table, store.spark.createDataFrame([], table.schema), {})
        return Outcome(table.name, "full", version=written.version, why=FIRST)

    def last_complete_day(self) -> datetime:
        """The end of the last complete day in the data: midnight UTC at or before the latest fact, and not later than now.

        Days apart from the bulk of the data (`lakehouse.refresh.as_of`) are left out, and named.
        """
        facts = self._facts_by_day()
        apart = days_apart(facts)
        if apart:
            rows = sum(facts[day] for day in apart)
            self.say(f"apart from the bulk of the data: {_days(apart)} (rows: {rows:,}); figures are as of the days before")
        known = sorted(facts.keys() - set(apart))
        today = self.run.moment.date()
        return datetime.combine(min(known[-1], today) if known else today, time_of_day.min, UTC)

    def _facts_by_day(self) -> dict[date, int]:
        store, facts = self.run.store, Counter[date]()
        for entry in self.catalogue.values():
            name, column = entry.table.name, entry.table.event_time
            if column and isinstance(entry.table.refresh, Merge) and store.exists(name):
                with Snapshot.of(store, [name]) as seen:
                    query = f"select cast({column} as date) as day, count(*) as facts from {name} where {column} is not null group by 1"
                    found = seen.rows(query)
                facts.update(dict(zip(found["day"].dt.date, found["facts"].astype(int), strict=True)))
        return dict(facts)

    def _done(self, outcome: Outcome, began: float) -> Outcome:
        timed = replace(outcome, seconds=time.monotonic() - began)
        self.said(timed)
        return timed


def reconciled_of(outcomes: Iterable[Outcome]) -> list[Reconciled]:
    """What became of the reconciliations of all these tables."""
    return [done for outcome in outcomes for done in outcome.reconciled]


def _reconciled_before(faults: Iterable[Exception]) -> list[Reconciled]:
    return [done for fault in faults if isinstance(fault, NotReconciled) for done in fault.reconciled]


def _quarantine(fed: Fed) -> str:
    return fed.quarantine


def _days(days: Sequence[date]) -> str:
    return str(days[0]) if len(days) == 1 else f"{len(days)} days from {days[0]} to {days[-1]}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _entity(entry: Entry) -> str:
    assert isinstance(entry.table.refresh, Merge)
    return entry.table.refresh.entity
