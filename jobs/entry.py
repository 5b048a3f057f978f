"""How every job ends: 0 done, 1 the data or the run failed, 2 wrong usage; a failure is told in words, without a trace."""

import atexit
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from pyspark.errors import PySparkException

from libs.cluster.health import NotHealthy
from libs.cluster.programs import ProgramMissing
from libs.config import ConfigError
from libs.errors import InputError, StoreUnreachable
from libs.jars import JarsError
from libs.lease import LeaseTaken, LeaseUnavailable
from libs.spark import SparkStartError
from libs.table import TableError

TOLD = (
    ConfigError,
    InputError,
    JarsError,
    LeaseTaken,
    LeaseUnavailable,
    NotHealthy,
    ProgramMissing,
    SparkStartError,
    StoreUnreachable,
    TableError,
)


def run_job(name: str, job: Callable[[], int]) -> int:
    """Run `job` and return its exit status; errors that the user can mend are printed as they are, one line each."""
    try:
        return job()
    except TOLD as error:
        print(f"{name}: {error}", file=sys.stderr)
    except PySparkException as error:
        first = str(error).strip().splitlines()[0]
        print(f"{name}: Spark failed: {first} (all of it in var/log/spark.log)", file=sys.stderr)
    except OSError as error:
        print(f"{name}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"{name}: stopped; what was published stays, run it again to go on", file=sys.stderr)
    return 1


def leave(status: int) -> NoReturn:
    """End the process of a job that took files: what Python does at exit, and then no more.

    Spark's stream leaves a thread that waits for calls from Java for ever. While it lives Python can't take its modules
    down in order, and DuckDB's binding would print pages about that.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
