"""A table's figures compared with a second, independent way to them, before it is published.

The table's own side is aggregated by Spark from the rows that are about to be published; the other side is recomputed by DuckDB
from the published tables, each at the version that the run reads. Rows are compared figure by figure.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.catalogue.entry import Catalogue
from lakehouse.refresh.fed import Fed
from lakehouse.refresh.run import NotReconciled, Outcome, Reconciled, Run
from libs.store.conditions import ALWAYS, Column, Condition, Less
from libs.store.dialects import duckdb_sql
from libs.store.snapshot import Differing, Snapshot
from libs.store.staged import Staged
from libs.tables import Reconciliation, Table


def reconcile(run: Run, table: Table, staged: Staged, catalogue: Catalogue, touched: Condition = ALWAYS) -> list[Reconciled]:
    """Compare the figures of the rows that are about to be published with the table's reconciliations.

    touched: condition on the slices that the rows are of. Returns what became of each reconciliation.
    Raises NotReconciled, a line for each reconciliation that does not hold, with the first figures that differ.
    """
    done, faults = [], []
    for check in table.reconciliations:
        versions, found = _compared(run, table, check, staged.rows, catalogue, touched)
        sums = (found.own, found.other, found.figures, found.different)
        done.append(Reconciled(check.name, table.name, check.meaning, *sums, versions))
        if found.different:
            faults.append(_line(table, check, found))
    if faults:
        raise NotReconciled(faults, done)
    return done


def reconcile_arrivals(run: Run, outcome: Outcome, feeds: Sequence[Fed]) -> list[Reconciled]:
    """Compare what became of a silver table's arrivals, as it counted them, with the rows that bronze's log says it gained.

    Of feeds that leave out rows on purpose nothing can be said. Raises NotReconciled where rows were lost or made.
    """
    if not outcome.read_after or any(fed.feed.where for fed in feeds):
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


def _compared(
    run: Run, table: Table, check: Reconciliation, rows: DataFrame, catalogue: Catalogue, touched: Condition
) -> tuple[Mapping[str, int], Differing]:
    keys = [F.expr(expression).alias(name) for name, expression in check.by.items()]
    own = rows.where(check.where).groupBy(*keys).agg(F.expr(check.own).alias("value")).toArrow()
    versions = {name: run.store.version(name) for name in check.tables}
    only = {name: _before(run.as_of, catalogue[name].table.event_time) for name in check.tables}
    declarations = {name: run.declarations[name] for name in catalogue[table.name].wants}
    moment = f"timestamptz '{run.as_of.isoformat()}'" if run.as_of else "null"
    query = f"with run as (select {moment} as as_of) select * from ({check.query(declarations)}) where {duckdb_sql(touched)}"
    with Snapshot(run.store, versions, only) as snapshot:
        return versions, snapshot.differing(own, list(check.by), query)


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
