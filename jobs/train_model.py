"""Trains the churn model: features at past cutoffs, XGBoost, evaluation on the last one, a new version in MLflow's registry.

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
    parser = argparse.ArgumentParser(prog="train_model", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--if-needed", action="store_true", help="only without a champion that can score, or where drift asks for it"
    )
    asked = parser.parse_args(arguments)
    return run_job("train_model", lambda: _train(load_settings(), Progress(sys.stdout), asked.if_needed))


def _train(settings: Settings, progress: Progress, if_needed: bool) -> int:
    require("xgboost", "ml", "training")
    from lakehouse.refresh.by_job import filling
    from ml.training.needed import why_trained
    from ml.training.train import train

    with filling(settings, "train_model", progress.say, progress.table) as tables:
        why = why_trained(tables.store, settings) if if_needed else "it was asked for"
        if why is None:
            progress.say("training is not needed")
        else:
            train(tables, settings)
    return 0


if __name__ == "__main__":
    leave(main())
