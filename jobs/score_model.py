"""Scores all active users by the champion of the registry, with reasons, and picks the targets of an offer.

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
    parser = argparse.ArgumentParser(prog="score_model", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.parse_args(arguments)
    return run_job("score_model", lambda: _score(load_settings(), Progress(sys.stdout)))


def _score(settings: Settings, progress: Progress) -> int:
    require("xgboost", "ml", "scoring")
    from lakehouse.refresh.by_job import filling
    from ml.scoring.score import score

    with filling(settings, "score_model", progress.say, progress.table) as tables:
        score(tables, settings)
    return 0


if __name__ == "__main__":
    leave(main())
