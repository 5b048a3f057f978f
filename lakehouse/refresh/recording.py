"""What a run leaves about itself: its checks, its reconciliations, and what became of each table."""

from collections.abc import Sequence
from typing import Any

from lakehouse.gold import quality_results, reconciliation, refresh_results
from lakehouse.refresh.checks import Checks
from lakehouse.refresh.run import Outcome, Reconciled, Run
from libs.tables import Table


def record_checks(run: Run, checks: Checks, reconciled: Sequence[Reconciled]) -> list[str]:
    """Append what the run's checks and reconciliations found to the tables that hold it; returns their names."""
    _append(run, reconciliation.TABLE, [done.row(checks.run_id, run.moment) for done in reconciled])
    _append(run, quality_results.TABLE, checks.rows())
    return [reconciliation.TABLE.name, quality_results.TABLE.name]


def record_run(run: Run, run_id: str, outcomes: Sequence[Outcome]) -> str:
    """Append what a finished run did to every table to `gold.refresh_results`; returns that name."""
    counts = ("table", "mode", "rows_in", "rows_out", "quarantined", "duplicates", "seconds", "version")
    rows = [(run_id, *(getattr(o, name) for name in counts), run.moment, run.as_of) for o in outcomes]
    _append(run, refresh_results.TABLE, rows)
    return refresh_results.TABLE.name


def _append(run: Run, table: Table, rows: list[tuple[Any, ...]]) -> None:
    if rows or not run.store.exists(table.name):
        run.store.append(table, run.store.spark.createDataFrame(rows, table.schema))
