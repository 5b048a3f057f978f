"""One refresh of one table that a transform computes: where it and its sources are, and how its rows are published."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.catalogue.declarations import Declaration
from lakehouse.catalogue.entry import Catalogue, Entry
from lakehouse.refresh.items import digests_of
from lakehouse.refresh.publication import checked
from lakehouse.refresh.reconciled import reconcile
from lakehouse.refresh.run import Mode, Outcome, Run
from lakehouse.refresh.state import Declared, Marks, State, successor
from libs.store.conditions import ALWAYS, Condition
from libs.store.port import Store
from libs.tables import Table


@dataclass(frozen=True)
class Refreshing:
    """The table as it was `before`, its sources as they are `now`, and what both are read with."""

    run: Run
    store: Store
    entry: Entry
    catalogue: Catalogue
    before: State | None
    now: Marks

    @property
    def table(self) -> Table:
        """The declaration."""
        return self.entry.table

    @property
    def declarations(self) -> dict[str, Declaration]:
        """What the transform takes of what conf/ declares."""
        return {name: self.run.declarations[name] for name in self.entry.wants}

    @cached_property
    def declared(self) -> Declared:
        """The digest of each item of the declarations that the transform takes."""
        return digests_of(self.declarations)

    def state(self, generation: int) -> dict[str, object]:
        """What is committed with the rows."""
        made = successor(self.store, self.before, self.now, self.entry.code, generation, self.run.as_of, self.declared)
        return made.packed()

    def source(self, name: str) -> DataFrame:
        """A source's rows at the version that it had when the refresh began, cut at `as_of`."""
        event_time = self.catalogue[name].table.event_time
        rows = self.store.read(name, self.now[name].version)
        return rows.where(F.col(event_time) < F.lit(self.run.as_of)) if event_time else rows

    def transformed(self, sources: Mapping[str, DataFrame]) -> DataFrame:
        """What the transform computes from the sources' rows, given by the sources' names."""
        extra = {"as_of": self.run.as_of} if self.entry.wants_as_of else {}
        assert self.entry.transform is not None, f"{self.table.name} has no transform"
        return self.entry.transform(**{n.split(".", 1)[1]: rows for n, rows in sources.items()}, **extra, **self.declarations)

    @property
    def is_up_to_date(self) -> bool:
        """Whether sources and `as_of` are those of the last refresh."""
        return self.before is not None and self.before.consumed == self.now and self.before.as_of == self.run.as_of

    def newer(self) -> dict[str, tuple[int, int]]:
        """Of each source that has a newer version: the version that was consumed, and the newest."""
        assert self.before is not None
        old = self.before.consumed
        return {n: (old[n].version, m.version) for n, m in self.now.items() if m.version > old[n].version}

    def of_items(self, kind: str, names: frozenset[str]) -> "Refreshing":
        """The refresh of the rows of these declared items alone."""
        declarations = {**self.run.declarations, kind: self.run.declarations[kind].only(names)}
        run = replace(self.run, declarations=declarations)
        return Refreshing(run, self.store, self.entry, self.catalogue, self.before, self.now)

    def unchanged(self) -> Outcome:
        """The table keeps its version."""
        return Outcome(self.table.name, "unchanged", version=self.store.version(self.table.name))


def published(
    refreshing: Refreshing, mode: Mode, rows: DataFrame, state: dict[str, object], where: Condition | None = None
) -> Outcome:
    """Check and reconcile the rows and write them: as the whole table, or in place of the rows that meet `where`.

    Raises TableError when they may not be published; nothing is written then.
    """
    run, table, store = refreshing.run, refreshing.table, refreshing.store
    with store.staging() as staging:
        staged = checked(run, table, rows, staging)
        done = reconcile(run, table, staged, refreshing.catalogue, ALWAYS if where is None else where)
        written = store.overwrite(table, staged, state) if where is None else store.replace_where(table, staged, where, state)
    return Outcome(table.name, mode, rows_out=written.inserted, version=written.version, reconciled=done)
