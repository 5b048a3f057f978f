"""How every job ends: 0 done, 1 the data or the run failed, 2 wrong usage; a failure is printed in words, without a trace."""

import atexit
import errno
import os
import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from jobs.progress import Progress
from libs.errors import UserError
from libs.packages.optional import require
from libs.settings.config import Settings, load_settings

if TYPE_CHECKING:
    from lakehouse.refresh.by_job import Filling

# How gRPC's errors, of several lines, say what happened.
DETAILS = re.compile(r'^\s*details = "(.*)"$', re.MULTILINE)
NO_SPACE = os.strerror(errno.ENOSPC)
DISK_FULL = "the disk is full: make room where the tables are, then run again; what was published stays"


def run_job(name: str, job: Callable[[], int]) -> int:
    """Run `job` and return its exit status; errors that the user can fix are printed as they are, one line each."""
    try:
        return job()
    except UserError as error:
        print(f"{name}: {error}", file=sys.stderr)
    except _errors_of_engines() as error:
        print(f"{name}: {_of_engine(error)}", file=sys.stderr)
    except OSError as error:
        print(f"{name}: {_of_system(error)}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"{name}: stopped; what was published stays, run it again to go on", file=sys.stderr)
    return 1


def run_filling(name: str, module: str, what: str, step: "Callable[[Filling, Settings, Progress], object]") -> int:
    """Run a job that fills tables of its own, as the one writer: `step` reads and publishes. Returns the job's exit status.

    module: a package of the extra `ml` that it needs, for `what`.
    """

    def job() -> int:
        settings, progress = load_settings(), Progress(sys.stdout)
        require(module, "ml", what)
        from lakehouse.refresh.by_job import filling

        with filling(settings, name, progress.say, progress.table) as tables:
            step(tables, settings, progress)
        return 0

    return run_job(name, job)


# What engines raise, by module; it is looked for only where the module was imported: an error of others is no reason to import it.
ERRORS = {
    "pyspark": (("pyspark.errors", "PySparkException"), ("py4j.protocol", "Py4JJavaError")),
    "deltalake": (("deltalake.exceptions", "DeltaError"),),
    "duckdb": (("duckdb", "Error"),),
}


def _errors_of_engines() -> tuple[type[Exception], ...]:
    known = (error for module, errors in ERRORS.items() if module in sys.modules for error in errors)
    return tuple(getattr(import_module(module), error) for module, error in known)


def _of_engine(error: Exception) -> str:
    """What went wrong, in one line; Java's own errors have it after a line about the call."""
    text = str(error).strip()
    if NO_SPACE in text or NO_SPACE in str(getattr(error, "_stackTrace", "")):
        return DISK_FULL
    said = [line.removeprefix(": ") for line in text.splitlines() if not line.startswith("An error occurred while calling")]
    first = said[0] if said else type(error).__name__
    engine = type(error).__module__.split(".")[0].lstrip("_")
    if engine in ("deltalake", "duckdb"):
        return f"{engine} failed: {first}"
    from pyspark.sql.utils import is_remote

    # PySpark itself raises some errors of a session of Connect, which the native engine's is, by the names that are Spark's too.
    if is_remote() or "connect" in type(error).__module__:
        details = DETAILS.search(text)
        return f"the native engine failed: {details[1] if details else first} (LAKEHOUSE_ENGINE=spark computes the same on Spark)"
    return f"Spark failed: {first} (all of it in var/log/spark.log)"


def _of_system(error: OSError) -> str:
    """Errors of delta-rs have no number, only its text."""
    if error.errno == errno.ENOSPC:
        return f"{DISK_FULL} ({error.filename})"
    return DISK_FULL if NO_SPACE in str(error) else str(error)


def leave(status: int) -> NoReturn:
    """End the process of a job that computed tables: what Python does at exit, and then no more.

    Where a thread is left, of an engine or of a pool, Python can't take its modules down in order, and DuckDB's binding
    would print pages about that.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
