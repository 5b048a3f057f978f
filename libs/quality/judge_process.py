"""The process of Great Expectations. Loading it takes seconds, so that a process that one run is done with judges the next one's."""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

from libs.errors import UserError


class NotJudged(UserError):
    """The process of Great Expectations ended before its answer; the message has the last line that it printed."""


class JudgeProcess:
    """Takes requests as `libs.quality.judge` reads them, and answers one after the other. It ends with this process."""

    def __init__(self) -> None:
        """Starts it; it loads Great Expectations before it answers."""
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it is open as long as the process may write
        self.process = subprocess.Popen(
            [sys.executable, "-m", "libs.quality.judge"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    @property
    def is_running(self) -> bool:
        """Whether it can be asked."""
        return self.process.poll() is None

    def send(self, request: Mapping[str, Any]) -> None:
        """A request without an answer. Raises NotJudged."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def asked(self, request: Mapping[str, Any]) -> list[bool]:
        """The answer to a request. Raises NotJudged."""
        self.send(request)
        assert self.process.stdout is not None
        answer = self.process.stdout.readline()
        if not answer:
            raise self._ended()
        return list(json.loads(answer))

    def kill(self) -> None:
        """End it at once, whatever it does; who waits for an answer is told so."""
        self.process.kill()

    def close(self) -> None:
        """End it, once nobody waits for an answer."""
        self.kill()
        self.process.communicate()
        self._errors.close()

    def _ended(self) -> NotJudged:
        status = self.process.wait()
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return NotJudged(f"Great Expectations failed: {lines[-1] if lines else f'it ended with status {status}'}")


_idle: list[JudgeProcess] = []


def taken() -> JudgeProcess:
    """A process that judges nothing: one that was given back, else a new one."""
    while _idle:
        process = _idle.pop()
        if process.is_running:
            return process
        process.close()
    return JudgeProcess()


def give_back(process: JudgeProcess) -> None:
    """It answered all that it was asked."""
    _idle.append(process)


@atexit.register
def _end_idle() -> None:
    while _idle:
        _idle.pop().close()
