"""Compares the newest scores and their features with those that the champion was made on, and older scores with what came true.

It fills gold.drift and gold.model_performance, and writes drift_report.html beside the report page.

Exit status: 0 done, 1 the data or the run failed, 2 wrong usage.
"""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobs.entry import leave, run_filling
from jobs.progress import Progress
from libs.settings.config import Settings

if TYPE_CHECKING:
    from lakehouse.refresh.by_job import Filling


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="watch_drift", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.parse_args(arguments)
    return run_filling("watch_drift", "xgboost", "a model", _watch)


def _watch(tables: "Filling", settings: Settings, progress: Progress) -> None:
    from ml.drift.page import watch_and_write

    found = watch_and_write(tables, settings)
    if found is None:
        progress.say("drift: nothing was scored yet: run `make score`")
    elif found.why is None:
        progress.say("drift: none that asks for training")


if __name__ == "__main__":
    leave(main())
