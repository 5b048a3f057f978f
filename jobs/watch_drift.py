"""Compares the newest scores and their features with those that the champion was made on, and older scores with what came true.

Exit status: 0 done, 1 the data or the run failed, 2 wrong usage.
"""

import argparse
import sys
from collections.abc import Sequence

from jobs.entry import leave, run_job
from jobs.progress import Progress
from libs.packages.optional import require
from libs.settings.config import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="watch_drift", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.parse_args(arguments)
    return run_job("watch_drift", lambda: _watch(load_settings(), Progress(sys.stdout)))


def _watch(settings: Settings, progress: Progress) -> int:
    require("xgboost", "ml", "a model")
    from lakehouse.refresh.by_job import filling
    from ml.drift.watch import watch

    with filling(settings, "watch_drift", progress.say, progress.table) as tables:
        if watch(tables, settings) is None:
            progress.say("drift: none that asks for training")
    return 0


if __name__ == "__main__":
    leave(main())
