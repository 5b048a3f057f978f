"""How every job ends: 0 done, 1 the data or the run failed, 2 wrong usage; a failure is printed in words, without a trace."""

import atexit
import errno
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from libs.errors import UserError

NO_SPACE = os.strerror(errno.ENOSPC)
DISK_FULL = "the disk is full: make room where the tables are, then run again; what was published stays"


def run_job(name: str, job: Callable[[], int]) -> int:
    """Run `job` and return its exit status; errors that the user can fix are printed as they are, one line each."""
    try:
        return job()
    except UserError as error:
        print(f"{name}: {error}", file=sys.stderr)
    except _errors_of_spark() as error:
        print(f"{name}: {_of_spark(error)}", file=sys.stderr)
    except OSError as error:
        print(f"{name}: {f'{DISK_FULL} ({error.filename})' if error.errno == errno.ENOSPC else error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"{name}: stopped; what was published stays, run it again to go on", file=sys.stderr)
    return 1


def _errors_of_spark() -> tuple[type[Exception], ...]:
    """What Spark raises; nothing where it was never imported: an error that is not its own is no reason to import it."""
    if "pyspark" not in sys.modules:
        return ()
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    return PySparkException, Py4JJavaError


def _of_spark(error: Exception) -> str:
    """What Spark says went wrong, in one line; Java's own errors have it after a line about the call."""
    text = str(error).strip()
    if NO_SPACE in text or NO_SPACE in str(getattr(error, "_stackTrace", "")):
        return DISK_FULL
    said = [line.removeprefix(": ") for line in text.splitlines() if not line.startswith("An error occurred while calling")]
    return f"Spark failed: {said[0] if said else type(error).__name__} (all of it in var/log/spark.log)"


def leave(status: int) -> NoReturn:
    """End the process of a job that took files: what Python does at exit, and then no more.

    Spark's stream leaves a thread that waits for calls from Java for ever. While it lives Python can't take its modules
    down in order, and DuckDB's binding would print pages about that.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
