"""Runs a job by `spark-submit` on the profile's master: `submit refresh --data exports`. Arguments after the job's name are its own.

Exit status: that of the job; 2 wrong usage.
"""

import sys
from collections.abc import Sequence

from jobs.entry import run_job
from libs.cluster.submit import submit
from libs.cluster.way import jobs_container
from libs.settings.config import load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job that the first argument names with the others, and return its exit status."""
    job, *rest = (sys.argv[1:] if arguments is None else arguments) or [""]
    if job in ("", "-h", "--help"):
        print(
            "usage: submit JOB [ARGUMENT…]\n\nJOB is a module of jobs/, as in `make submit JOB=refresh ARGS=…`", file=sys.stderr
        )
        return 0 if job else 2
    return run_job("submit", lambda: _submit(job, rest))


def _submit(job: str, arguments: Sequence[str]) -> int:
    settings = load_settings()
    containers = jobs_container(settings) if settings.workers else None
    return containers.submit(job, arguments) if containers else submit(settings, job, arguments)


if __name__ == "__main__":
    sys.exit(main())
