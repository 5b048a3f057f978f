"""Has Great Expectations judge counts in a process of its own, which loads it, for seconds, while the run goes on."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from libs.quality import judge_process
from libs.quality.counts import Counts
from libs.quality.results import CheckResult, results_of


class Judging:
    """The judging of one run's counts, in the order in which they are given. `checked_at` is the run's time, UTC."""

    def __init__(self, run_id: str, checked_at: datetime) -> None:
        """Starts the process, unless one is there that an earlier run was done with."""
        self._process = judge_process.taken()
        self._asking = ThreadPoolExecutor(1)
        run = {"run_id": run_id, "checked_at": checked_at.isoformat()}
        self._asked: list[Future[Any]] = [self._asking.submit(self._process.send, run)]

    def judge(self, table: str, counts: Counts) -> "Future[list[CheckResult]]":
        """The results of the table's expectations, once the process has judged them."""
        request = {"table": table, "rows": counts.rows, "unmet": dict(counts.unmet), "rules": [asdict(r) for r in counts.rules]}
        judged = self._asking.submit(lambda: results_of(table, counts, self._process.asked(request)))
        self._asked.append(judged)
        return judged

    def write_pages(self, folder: Path) -> None:
        """Write the pages of all that was judged into `folder`, replacing its content. Raises NotJudged."""
        request: Mapping[str, Any] = {"pages": str(folder)}
        self._asked.append(self._asking.submit(self._process.asked, request))
        self._asked[-1].result()

    def close(self) -> None:
        """Give the process to the next run, or end it at once: a run that failed does not wait seconds for answers that nobody reads."""
        if all(asked.done() and asked.exception() is None for asked in self._asked):
            judge_process.give_back(self._process)
            self._asking.shutdown()
        else:
            self._process.kill()
            self._asking.shutdown(cancel_futures=True)
            self._process.close()
