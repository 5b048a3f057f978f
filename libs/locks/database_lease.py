"""A lease in PostgreSQL: an advisory lock, which the server releases when its holder's connection ends.

The connection's application name says who holds it. When the server restarts, the lock is lost; the holder acquires it again
at once, while new jobs wait for that, and ends its process where it can't: two writers would lose rows.
"""

import hashlib
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from libs.locks.lease import LeaseTaken, LeaseUnavailable, Say

POLL_SECONDS = 1.0
# After its start the server grants the lease only to a former holder for so long.
GRACE_SECONDS = 10
# Less than the time after which the server closes an idle connection.
LOST_SECONDS = 45
LOST_STATUS = 1
CONNECTION = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15000,
}

TAKE = "select pg_try_advisory_lock(%s) where %s or now() - pg_postmaster_start_time() > make_interval(secs => %s)"
HOLDER = """select application_name, to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') from pg_locks
    join pg_stat_activity using (pid) where locktype = 'advisory' and granted
    and ((classid::bigint << 32) | objid::bigint) = %s"""


@contextmanager
def database_lease(
    database: str, password: SecretStr | None, what: str, job: str, wait_seconds: float, say: Say = print
) -> Iterator[None]:
    """Hold the lease on `what` while the block runs; wait up to `wait_seconds` for another holder to end.

    Raises LeaseTaken when it is still held then, LeaseUnavailable when the database does not answer.
    """
    lock = _Lock(database, password, what, f"{job} (process {os.getpid()} on {socket.gethostname()})"[:63])
    try:
        _acquire(lock, wait_seconds, say)
    except psycopg.OperationalError as error:
        lock.close()
        raise LeaseUnavailable(f"{database}: {_reason(error)}: see `make status`, and start it with `make up`") from None
    keeper = threading.Thread(target=lock.keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        lock.ended.set()
        keeper.join()
        lock.close()


class _Lock:
    """One advisory lock, and the connection that holds it."""

    def __init__(self, database: str, password: SecretStr | None, what: str, holder: str) -> None:
        self.what, self.ended = what, threading.Event()
        self._database, self._password, self._holder = database, password, holder
        # Positive, so that the two halves that the server shows can be joined simply.
        self._key = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], "big") >> 1
        self._connection: psycopg.Connection | None = None

    def take(self, held_before: bool) -> bool:
        """Whether the lock was acquired. Raises OperationalError when the database does not answer."""
        if self._connection is None or self._connection.closed:
            password = self._password.get_secret_value() if self._password else None
            address = make_conninfo(self._database, password=password, application_name=self._holder, **CONNECTION)
            self._connection = psycopg.connect(address, autocommit=True)
        row = self._connection.execute(TAKE, (self._key, held_before, GRACE_SECONDS)).fetchone()
        return bool(row and row[0])

    def holder(self) -> str:
        """Who holds the lock now."""
        row = self._connection.execute(HOLDER, (self._key,)).fetchone() if self._connection else None
        return f"{row[0]}, since {row[1]} UTC" if row else "nobody, but its database has just restarted"

    def keep(self) -> None:
        """Check the lock until `ended`; end the process when it is lost."""
        confirmed = time.monotonic()
        while not self.ended.wait(POLL_SECONDS):
            with suppress(psycopg.OperationalError):
                if not self._is_held():
                    self._give_up(f"is now held by {self.holder()}")
                confirmed = time.monotonic()
            if time.monotonic() - confirmed > LOST_SECONDS:
                self._give_up("can't be confirmed: its database does not answer")

    def close(self) -> None:
        """Release the lock."""
        if self._connection is not None:
            self._connection.close()

    def _is_held(self) -> bool:
        """Acquire it again where the connection ended; never from another holder."""
        if self._connection is not None and not self._connection.closed:
            try:
                self._connection.execute("select 1")
                return True
            except psycopg.OperationalError:
                self._connection.close()
        return self.take(held_before=True)

    def _give_up(self, why: str) -> None:
        print(f"the lease on {self.what} {why}; stopped, so that two jobs do not write at once: run it again", file=sys.stderr)
        sys.stderr.flush()
        os._exit(LOST_STATUS)


def _acquire(lock: _Lock, wait_seconds: float, say: Say) -> None:
    deadline, is_reported = time.monotonic() + wait_seconds, False
    while not lock.take(held_before=False):
        if time.monotonic() >= deadline:
            raise LeaseTaken(f"{lock.what} is in use by {lock.holder()}: wait for it to end, or use another LAKEHOUSE_ROOT")
        if not is_reported:
            say(f"{lock.what} is in use by {lock.holder()}; waiting up to {wait_seconds:.0f} s for it to end")
            is_reported = True
        time.sleep(min(POLL_SECONDS, max(deadline - time.monotonic(), 0.05)))


def _reason(error: psycopg.OperationalError) -> str:
    """The server's message, without the lines that libpq adds."""
    return str(error).strip().splitlines()[-1].removeprefix("connection failed: ")
