"""A run's expectations, with Great Expectations loaded only when there is something to check: that takes seconds."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from lakehouse.refresh.run import Outcome
from libs.quality.counting import counted
from libs.store.staged import Staged
from libs.tables import Table
from libs.tables.rules import rules

if TYPE_CHECKING:
    from libs.quality.expectations import Expectations


class Checks:
    """The expectations of the run `run_id`, made at `moment`, UTC. Tables may be checked from several threads at once."""

    def __init__(self, run_id: str, moment: datetime) -> None:
        self.run_id, self.moment = run_id, moment
        self._loading: Future[Expectations] | None = None
        self._lock = Lock()

    def awaited(self, said: Callable[[Outcome], None]) -> Callable[[Outcome], None]:
        """Every outcome is passed on to `said`; the first table that changed starts the loading, beside the run."""

        def heard(outcome: Outcome) -> None:
            if outcome.mode != "unchanged":
                self._begun()
            said(outcome)

        return heard

    def enforce(self, table: Table, staged: Staged) -> None:
        """Check rows that are about to be published; raises what `libs.quality` raises when they may not be.

        The rows are counted while Great Expectations is loading.
        """
        loading = self._begun()
        counts = counted(table, staged, rules(table))
        loading.result().enforce(table, staged, counts)

    def rows(self) -> list[tuple[Any, ...]]:
        """Every result so far as a row of `gold.quality_results`; none when nothing was checked."""
        return self._loading.result().rows() if self._loading else []

    def write_pages(self, folder: Path) -> None:
        """Write the pages of the checks into `folder`, when anything was checked."""
        if self._loading and self._loading.result().results:
            from libs.quality.data_docs import write_data_docs

            write_data_docs(self._loading.result().context, folder)

    def _begun(self) -> "Future[Expectations]":
        with self._lock:
            if self._loading is None:
                pool = ThreadPoolExecutor(1)
                self._loading = pool.submit(self._loaded)
                pool.shutdown(wait=False)
            return self._loading

    def _loaded(self) -> "Expectations":
        from libs.quality.expectations import Expectations

        return Expectations(self.run_id, self.moment)
