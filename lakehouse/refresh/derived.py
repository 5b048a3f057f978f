"""Refreshing a table that a transform makes: wholly, or only the slices that changes of its sources touch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.catalogue.discovery import Catalogue, Entry
from lakehouse.refresh.publication import checked
from lakehouse.refresh.reconciled import reconcile
from lakehouse.refresh.run import Declaration, Mode, Outcome, Reconciled, Run
from lakehouse.refresh.state import Marks, State, can_follow, marks, next_generation, state_of
from libs.store.conditions import ALWAYS, Column, Condition, Sql, Within, any_differs, date_ranges
from libs.store.dialects import spark_sql
from libs.store.port import Store
from libs.store.staged import Staged, Staging, Written
from libs.tables import DATE, Slices, Table


@dataclass(frozen=True)
class _Refresh:
    """One refresh of one derived table: where it stood, where its sources stand, and what it reads them with."""

    run: Run
    store: Store
    entry: Entry
    catalogue: Catalogue
    before: State | None
    now: Marks

    @property
    def table(self) -> Table:
        return self.entry.table

    def state(self, generation: int) -> dict[str, object]:
        return State(self.now, self.run.as_of, self.code, generation).packed()

    @property
    def declarations(self) -> dict[str, Declaration]:
        """What the transform takes of what conf/ declares."""
        return {name: self.run.declarations[name] for name in self.entry.wants}

    @property
    def code(self) -> str:
        """What the rows are made by: the code, and the declarations that it takes."""
        return made_by(self.entry, self.run.declarations)

    def source(self, name: str) -> DataFrame:
        """A source's rows as they stood when the refresh began, cut at `as_of`."""
        return self.cut(name, self.store.read(name, self.now[name].version))

    def cut(self, name: str, rows: DataFrame) -> DataFrame:
        event_time = self.catalogue[name].table.event_time
        return rows.where(F.col(event_time) < F.lit(self.run.as_of)) if event_time else rows

    def transformed(self, sources: Mapping[str, DataFrame]) -> DataFrame:
        extra = {"as_of": self.run.as_of} if self.entry.wants_as_of else {}
        assert self.entry.transform is not None, f"{self.table.name} has no transform"
        return self.entry.transform(**{n.split(".", 1)[1]: rows for n, rows in sources.items()}, **extra, **self.declarations)

    def newer(self) -> dict[str, tuple[int, int]]:
        """Of each source that has a newer version: the version that was consumed, and the newest."""
        assert self.before is not None
        old = self.before.consumed
        return {n: (old[n].version, m.version) for n, m in self.now.items() if m.version > old[n].version}


def refresh_derived(run: Run, entry: Entry, catalogue: Catalogue) -> Outcome:
    """Bring the table up to date with its sources and with the run's `as_of`.

    Raises TableError when the new rows may not be published; the old version stays then.
    """
    store = run.store.in_own_session()
    refresh = _Refresh(run, store, entry, catalogue, state_of(store, entry.table.name), marks(store, list(entry.table.sources)))
    before = refresh.before
    if before is None or not can_follow(store, before, refresh.code, refresh.now):
        return _fully(refresh)
    if before.consumed == refresh.now and before.as_of == run.as_of:
        return _unchanged(refresh)
    if not isinstance(entry.table.refresh, Slices):
        return _fully(refresh)
    sliced = _by_days if _is_by_day(entry.table) else _by_keys
    return sliced(refresh, entry.table.refresh)


def made_by(entry: Entry, declarations: Mapping[str, Declaration]) -> str:
    """A digest of what makes the table's rows: its code, and the declarations that it takes."""
    return "-".join([entry.fingerprint, *(declarations[name].digest for name in entry.wants)])


def _is_by_day(table: Table) -> bool:
    assert isinstance(table.refresh, Slices)
    return next(c.type for c in table.columns if c.name == table.refresh.by) == DATE


def _outcome(refresh: _Refresh, mode: Mode, written: Written, reconciled: Sequence[Reconciled]) -> Outcome:
    return Outcome(refresh.table.name, mode, rows_out=written.inserted, version=written.version, reconciled=reconciled)


def _unchanged(refresh: _Refresh) -> Outcome:
    return Outcome(refresh.table.name, "unchanged", version=refresh.store.version(refresh.table.name))


def _fully(refresh: _Refresh) -> Outcome:
    table, store = refresh.table, refresh.store
    rows = refresh.transformed({n: refresh.source(n) for n in table.sources})
    state = refresh.state(next_generation(store, table.name))
    with store.staging() as staging:
        staged, done = _checked(refresh, rows, staging)
        written = store.overwrite(table, staged, state)
    return _outcome(refresh, "full", written, done)


def _checked(
    refresh: _Refresh, rows: DataFrame, staging: Staging, touched: Condition = ALWAYS
) -> tuple[Staged, Sequence[Reconciled]]:
    """The rows, of the slices that are `touched`, checked and reconciled, with what became of the reconciliations."""
    staged = checked(refresh.run, refresh.table, rows, staging)
    return staged, reconcile(refresh.run, refresh.table, staged, refresh.catalogue, touched)


def _by_days(refresh: _Refresh, slices: Slices) -> Outcome:
    days = _touched_days(refresh, slices)
    if days is None:
        return _fully(refresh)
    if not days:
        return _unchanged(refresh)
    back, ahead = timedelta(days=slices.lookback_days), timedelta(days=slices.days_ahead(refresh.declarations))
    touched = date_ranges(_widened(days, -ahead, back))
    needed = date_ranges(_widened([d for r in touched for d in _days(*r)], -back, ahead))
    sources = {n: _of_days(refresh, n, slices.slice_of(n), needed) for n in refresh.table.sources}
    where = Within(Column(slices.by), touched)
    rows = refresh.transformed(sources).where(spark_sql(where))
    assert refresh.before is not None
    state = refresh.state(refresh.before.generation)
    with refresh.store.staging() as staging:
        staged, done = _checked(refresh, rows, staging, where)
        written = refresh.store.replace_where(refresh.table, staged, where, state)
    return _outcome(refresh, "slices", written, done)


def _touched_days(refresh: _Refresh, slices: Slices) -> list[date] | None:
    """The days whose facts changed, or None when every day did."""
    assert refresh.before is not None
    days = set(_as_of_days(refresh.before.as_of, refresh.run.as_of))
    newer = refresh.newer()
    if any(slices.slice_of(name) is None for name in newer):
        return None
    for name, versions in newer.items():
        # Asked without Spark, which would take seconds to plan what is answered in milliseconds.
        days |= set(refresh.store.changed(name, f"cast({slices.slice_of(name)} as date)", *versions))
    return sorted(days)


def _as_of_days(old: datetime | None, new: datetime | None) -> list[date]:
    """The days between two moments that a run looks from, both ends included: their facts come or go."""
    if old == new or old is None or new is None:
        return []
    first, last = sorted((old, new))
    return _days(first.date(), last.date())


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _widened(days: list[date], first: timedelta, last: timedelta) -> list[date]:
    return sorted({day for d in days for day in _days(d + first, d + last)})


def _of_days(refresh: _Refresh, source: str, day: str | None, ranges: list[tuple[date, date]]) -> DataFrame:
    rows = refresh.source(source)
    return rows if day is None else rows.where(spark_sql(Within(Sql(day), ranges)))


def _by_keys(refresh: _Refresh, slices: Slices) -> Outcome:
    touched = _touched_keys(refresh, slices)
    if touched is None:
        return _fully(refresh)
    with refresh.store.staging() as staging:
        keys = staging.keep(touched)
        return _merge_keys(refresh, slices, keys.rows, staging) if keys.count else _unchanged(refresh)


def _touched_keys(refresh: _Refresh, slices: Slices) -> DataFrame | None:
    """One column `slice` with the keys whose facts changed or crossed `as_of`, or None when every key did."""
    assert refresh.before is not None
    newer = refresh.newer()
    if any(slices.slice_of(name) is None for name in newer):
        return None
    feeds = {n: refresh.store.changes(n, *versions) for n, versions in newer.items()}
    rows = [feed.select(F.expr(str(slices.slice_of(n))).alias("slice")) for n, feed in feeds.items()]
    rows += [moved.select(F.expr(str(slices.slice_of(n))).alias("slice")) for n, moved in _crossed(refresh).items()]
    return reduce(DataFrame.unionByName, rows).where("slice is not null").distinct() if rows else None


def _crossed(refresh: _Refresh) -> dict[str, DataFrame]:
    """For each source with a time, the rows between the moment looked from before and the one looked from now."""
    assert refresh.before is not None
    old, new = refresh.before.as_of, refresh.run.as_of
    if old == new or old is None or new is None:
        return {}
    first, last = sorted((old, new))
    crossed = {}
    for name in refresh.table.sources:
        event_time = refresh.catalogue[name].table.event_time
        if event_time:
            at = F.col(event_time)
            crossed[name] = refresh.store.read(name, refresh.now[name].version).where((at >= first) & (at < last))
    return crossed


def _merge_keys(refresh: _Refresh, slices: Slices, touched: DataFrame, staging: Staging) -> Outcome:
    """Recompute the touched keys; rows of theirs that no longer exist are deleted."""
    table, store = refresh.table, refresh.store
    sources = {n: _of_keys(refresh.source(n), slices.slice_of(n), touched) for n in table.sources}
    rows = _of_keys(refresh.transformed(sources), slices.by, touched)
    assert refresh.before is not None
    state = refresh.state(refresh.before.generation)
    staged = checked(refresh.run, table, rows, staging)
    there = _of_keys(store.read(table.name), slices.by, touched)
    gone = there.join(staged.rows.select(*table.primary_key), on=list(table.primary_key), how="left_anti")
    marked = staged.rows.withColumn("_deleted", F.lit(False)).unionByName(gone.withColumn("_deleted", F.lit(True)))
    written = store.merge(table, marked, _differs(table), state)
    return Outcome(table.name, "slices", rows_out=written.changed, version=written.version)


def _of_keys(rows: DataFrame, expression: str | None, touched: DataFrame) -> DataFrame:
    if expression is None:
        return rows
    return rows.join(touched, on=F.expr(expression) == touched["slice"], how="left_semi")


def _differs(table: Table) -> Condition:
    return any_differs([name for name in table.column_names if name not in table.primary_key])
