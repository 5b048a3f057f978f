"""Has Great Expectations judge counts in a process of its own, which loads it, for seconds, while the run goes on."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from libs.errors import UserError
from libs.quality.counts import Counts
from libs.quality.results import CheckResult, results_of


class NotJudged(UserError):
    """The process of Great Expectations ended before its answer; the message has the last line that it printed."""


class Judging:
    """The judging of one run's counts, in the order in which they are given. `checked_at` is the run's time, UTC."""

    def __init__(self, run_id: str, checked_at: datetime) -> None:
        """Starts the process; it ends with this object's process, whose requests it waits for."""
        descriptor, name = tempfile.mkstemp(prefix="judge-", suffix=".log")
        self._errors = Path(name)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "libs.quality.judge"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=descriptor,
            text=True,
        )
        os.close(descriptor)
        self._asking = ThreadPoolExecutor(1)
        self._asking.submit(self._send, {"run_id": run_id, "checked_at": checked_at.isoformat()})

    def judge(self, table: str, counts: Counts) -> "Future[list[CheckResult]]":
        """The results of the table's expectations, once the process has judged them."""
        request = {"table": table, "rows": counts.rows, "unmet": dict(counts.unmet), "rules": [asdict(r) for r in counts.rules]}
        return self._asking.submit(lambda: results_of(table, counts, self._asked(request)))

    def write_pages(self, folder: Path) -> None:
        """Write the pages of all that was judged into `folder`, replacing its content. Raises NotJudged."""
        self._asking.submit(self._asked, {"pages": str(folder)}).result()

    def close(self) -> None:
        """End the process at once: a run that failed does not wait seconds for answers that nobody reads."""
        self._process.kill()
        self._asking.shutdown(cancel_futures=True)
        self._process.communicate()
        self._errors.unlink()

    def _asked(self, request: Mapping[str, Any]) -> list[bool]:
        self._send(request)
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if not answer:
            raise NotJudged(f"Great Expectations failed: {self._last_words()}")
        return list(json.loads(answer))

    def _send(self, request: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise NotJudged(f"Great Expectations failed: {self._last_words()}") from None

    def _last_words(self) -> str:
        status = self._process.wait()
        lines = self._errors.read_text().strip().splitlines()
        return lines[-1] if lines else f"it ended with status {status}"
