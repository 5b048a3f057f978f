"""A table's figures compared with a second, independent way to them, before it is published.

The table's own side is aggregated, by the engine that holds them, from the rows that are about to be published; the other side
is recomputed by DuckDB from the published tables, each at the version that the run reads. Rows are compared figure by figure.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
from pyspark.errors import PySparkException

from lakehouse.catalogue.entry import Catalogue
from lakehouse.refresh.fed import Fed
from lakehouse.refresh.run import NotReconciled, Outcome, Reconciled, Run
from libs.store.conditions import ALWAYS, Column, Condition, Less
from libs.store.dialects import duckdb_sql
from libs.store.snapshot import Differing, Snapshot
from libs.store.staged import NotEvaluable, Staged
from libs.tables import Reconciliation, Table


def reconcile(run: Run, table: Table, staged: Staged, catalogue: Catalogue, touched: Condition = ALWAYS) -> list[Reconciled]:
    """Compare the figures of the rows that are about to be published with the table's reconciliations.

    touched: condition on the slices that the rows are of. Returns what became of each reconciliation.
    Raises NotReconciled, a line for each reconciliation that does not hold, with the first figures that differ, or that can't be
    evaluated, with the reason.
    """
    if not table.reconciliations:
        return []
    done: list[Reconciled] = []
    faults: list[str] = []
    with _sources(run, table, catalogue) as sources:
        for check in table.reconciliations:
            query = _query(run, table, check, catalogue, touched)
            try:
                found = sources.differing(staged.grouped(check.where, check.by, check.own), list(check.by), query)
            except (NotEvaluable, duckdb.Error, PySparkException) as error:
                faults.append(f"{table.name}: {check.name} ({check.meaning}) can't be evaluated: {_reason(error)}")
                continue
            done.append(_reconciled(table, check, found, sources))
            faults += [_line(table, check, found)] if found.different else []
    if faults:
        raise NotReconciled(faults, done)
    return done


def _reconciled(table: Table, check: Reconciliation, found: Differing, sources: Snapshot) -> Reconciled:
    sums = (found.own, found.other, found.figures, found.different)
    return Reconciled(check.name, table.name, check.meaning, *sums, {name: sources.versions[name] for name in check.tables})


def reconcile_arrivals(run: Run, outcome: Outcome, feeds: Sequence[Fed]) -> list[Reconciled]:
    """Compare what became of a silver table's arrivals, as it counted them, with the rows that bronze's log says it gained.

    Of feeds that leave out rows on purpose nothing can be said. Raises NotReconciled where rows were lost or made.
    """
    if not outcome.read_after or any(fed.feed.where or fed.others for fed in feeds):
        return []
    versions = {name: run.store.version(name) for name in outcome.read_after}
    gained = sum(_gained(run, name, after, versions[name]) for name, after in outcome.read_after.items())
    counted = outcome.rows_in
    meaning = "new keys + quarantined + seen before = rows that bronze gained"
    sums = (Decimal(counted), Decimal(gained), 1, int(counted != gained))
    done = [Reconciled("arrivals", outcome.table, meaning, *sums, versions)]
    if counted != gained:
        line = f"{outcome.table}: arrivals ({meaning}): {counted:,} here, {gained:,} in {', '.join(versions)}"
        raise NotReconciled([line], done)
    return done


def _gained(run: Run, bronze: str, after: int, until: int) -> int:
    before = run.store.row_count(bronze, after) if after >= 0 else 0
    return run.store.row_count(bronze, until) - before


def _sources(run: Run, table: Table, catalogue: Catalogue) -> Snapshot:
    """The published tables that the table's reconciliations are recomputed from, cut at `as_of`."""
    names = dict.fromkeys(name for check in table.reconciliations for name in check.tables)
    only = {name: _before(run.as_of, catalogue[name].table.event_time) for name in names}
    return Snapshot(run.store, {name: run.store.version(name) for name in names}, only)


def _query(run: Run, table: Table, check: Reconciliation, catalogue: Catalogue, touched: Condition) -> str:
    declarations = {name: run.declarations[name] for name in catalogue[table.name].wants}
    moment = f"timestamptz '{run.as_of.isoformat()}'" if run.as_of else "null"
    return f"with run as (select {moment} as as_of) select * from ({check.query(declarations)}) where {duckdb_sql(touched)}"


def _reason(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _before(as_of: datetime | None, event_time: str | None) -> Condition:
    return Less(Column(event_time), as_of) if as_of and event_time else ALWAYS


def _line(table: Table, check: Reconciliation, found: Differing) -> str:
    examples = [_figure(check, row) for row in found.examples]
    of = f"{found.different:,} of {found.figures:,} figures differ"
    return f"{table.name}: {check.name} ({check.meaning}, recomputed from {', '.join(check.tables)}): {of}: {'; '.join(examples)}"


def _figure(check: Reconciliation, row: tuple[Any, ...]) -> str:
    """Keys, then the two values."""
    keys = ", ".join(f"{key}={value}" for key, value in zip(check.by, row, strict=False))
    own, other = (f"{value.normalize():f}" for value in row[-2:])
    return f"{keys}: {own} here, {other} there"
