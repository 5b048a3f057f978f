"""Trains the churn model: features at past cutoffs, XGBoost, evaluation on the last one, a new version in MLflow's registry.

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
    parser = argparse.ArgumentParser(prog="train_model", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--if-needed", action="store_true", help="only without a champion that can score, or where drift asks for it"
    )
    asked = parser.parse_args(arguments)
    return run_filling("train_model", "xgboost", "training", _if_needed if asked.if_needed else _train)


def _train(tables: "Filling", settings: Settings, _: Progress) -> None:
    from ml.training.train import train

    train(tables, settings)


def _if_needed(tables: "Filling", settings: Settings, progress: Progress) -> None:
    from ml.training.needed import why_trained

    if why_trained(tables.store, settings) is None:
        progress.say("training is not needed")
    else:
        _train(tables, settings, progress)


if __name__ == "__main__":
    leave(main())
