"""One writer at a time: a lease on a folder of tables, held through a file lock that the system drops with the process."""

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from libs.errors import UserError

Say = Callable[[str], None]


class LeaseTaken(UserError):
    """Another run holds the lease; the message says which, and since when."""


class LeaseUnavailable(UserError):
    """What keeps the lease can't be reached; the message is one line that says what to do."""


@contextmanager
def lease(folder: Path, job: str, wait_seconds: float, say: Say = print) -> Iterator[None]:
    """Hold the lease on `folder` for as long as the block runs; wait up to `wait_seconds` for another holder to end.

    Raises LeaseTaken when it is still held then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lease")
    holder = folder / ".lease.holder"
    _acquire(lock, holder, folder, wait_seconds, say)
    try:
        _write_holder(holder, job)
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _acquire(lock: FileLock, holder: Path, folder: Path, wait_seconds: float, say: Say) -> None:
    try:
        lock.acquire(timeout=0)
        return
    except Timeout:
        say(f"{folder} is in use by {_holder(holder)}; waiting up to {wait_seconds:.0f} s for it to end")
    try:
        lock.acquire(timeout=wait_seconds, poll_interval=0.2)
    except Timeout:
        raise LeaseTaken(f"{folder} is in use by {_holder(holder)}: wait for it to end, or take another LAKEHOUSE_ROOT") from None


def _write_holder(holder: Path, job: str) -> None:
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    text = json.dumps({"job": job, "process": os.getpid(), "host": socket.gethostname(), "since": since})
    holder.with_suffix(".new").write_text(text)
    holder.with_suffix(".new").replace(holder)


def _holder(holder: Path) -> str:
    try:
        told = json.loads(holder.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return "another run that is just starting"
    return f"{told['job']} (process {told['process']} on {told['host']}, since {told['since']})"
