"""A run's expectations: rows are counted and may be published or not; Great Expectations records it, beside the run."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from lakehouse.refresh.run import Outcome
from libs.quality.counting import counted
from libs.quality.judging import Judging
from libs.quality.results import CheckResult, enforce, whole
from libs.store.staged import Staged
from libs.tables import Table
from libs.tables.rules import rules


class Checks:
    """The expectations of the run `run_id`, made at `moment`, UTC. Tables may be checked from several threads at once."""

    def __init__(self, run_id: str, moment: datetime) -> None:
        self.run_id, self.moment = run_id, moment
        self._judging: Judging | None = None
        self._results: list[Future[list[CheckResult]]] = []
        self._lock = Lock()

    def awaited(self, said: Callable[[Outcome], None]) -> Callable[[Outcome], None]:
        """Every outcome is passed on to `said`; with the first table that changed Great Expectations begins to load."""

        def heard(outcome: Outcome) -> None:
            if outcome.mode != "unchanged":
                with self._lock:
                    self._begun()
            said(outcome)

        return heard

    def enforce(self, table: Table, staged: Staged) -> None:
        """Check rows that are about to be published. Raises ExpectationFailed when they may not be."""
        counts = counted(table, staged, rules(table))
        with self._lock:
            self._results.append(self._begun().judge(table.name, counts))
        enforce(table, staged, counts)

    def rows(self) -> list[tuple[Any, ...]]:
        """Every result so far as a row of `gold.quality_results`; none when nothing was checked."""
        results = whole(result for judged in self._results for result in judged.result())
        return [
            (
                r.table,
                r.expectation,
                r.severity,
                r.passed,
                r.rows_checked,
                r.unexpected_count,
                r.meaning,
                self.moment,
                self.run_id,
            )
            for r in results
        ]

    def write_pages(self, folder: Path) -> None:
        """Write the pages of the checks into `folder`, when anything was checked."""
        if self._results:
            self._begun().write_pages(folder)

    def __enter__(self) -> "Checks":
        return self

    def __exit__(self, *_: object) -> None:
        if self._judging is not None:
            self._judging.close()

    def _begun(self) -> Judging:
        if self._judging is None:
            self._judging = Judging(self.run_id, self.moment)
        return self._judging
