"""Scores all active users by the champion of the registry, with reasons, and picks the targets of an offer.

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
    parser = argparse.ArgumentParser(prog="score_model", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.parse_args(arguments)
    return run_filling("score_model", "xgboost", "scoring", _score)


def _score(tables: "Filling", settings: Settings, _: Progress) -> None:
    from ml.scoring.score import score

    score(tables, settings)


if __name__ == "__main__":
    leave(main())
