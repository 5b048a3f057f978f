"""Runs every model on the published tables: trains where it is needed, then scores. What the data do not allow is said and left out.

Exit status: 0 done, 1 the run failed, 2 wrong usage.
"""

import argparse
import hashlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from jobs.entry import leave, run_job
from jobs.progress import Progress
from libs.errors import InputError
from libs.packages.optional import require
from libs.settings.config import Settings, load_settings

if TYPE_CHECKING:
    from ml.tables import Tables

MARK = "_models_ran_on"
# Tables that models read; of others they are computed.
READ = ("silver.events", "silver.orders", "silver.order_items", "silver.products", "silver.users", "gold.user_activity_daily")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="run_models", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.parse_args(arguments)
    return run_job("run_models", lambda: run_models(load_settings(), Progress(sys.stdout)))


def run_models(settings: Settings, progress: Progress, even_if_nothing_new: bool = True) -> int:
    """Run every model as one run of a job. Without `even_if_nothing_new` not after a run on the same tables.

    Returns 0, or 1 where MLflow failed or the champion may not be used: the others have run, and the next run tries those again.
    Raises ConfigError before anything is computed where conf/models.yaml has a mistake, and InputError where there are no tables.
    """
    require("xgboost", "ml", "a model")
    from lakehouse.refresh.by_job import filling
    from libs.store.place import Place
    from libs.store.published import Published
    from ml.declared import declared
    from ml.registry.tracking import MlflowFailed
    from ml.registry.versions import Refused

    declared(settings)
    if not any(map(Published.of(settings).exists, READ)):
        raise InputError(
            f"{settings.lakehouse_root} has none of the tables that models read: run `make demo` or jobs.refresh first"
        )
    failed = False
    stamp, place = _stamp(settings), Place(settings)
    if not even_if_nothing_new and place.read(MARK) == stamp:
        progress.say("models: nothing new since they ran last")
        return 0
    with filling(settings, "run_models", progress.say, progress.table) as tables:
        for name, step in _steps(settings).items():
            try:
                step(tables)
            except InputError as error:
                progress.say(f"{name}: left out: {error}")
                failed = failed or isinstance(error, MlflowFailed | Refused)
    if not failed:
        place.write(MARK, stamp)
    return int(failed)


def _stamp(settings: Settings) -> str:
    """A digest of what models are made of: versions of the tables, the declarations, our code."""
    from libs.store.published import Published

    published, declared = Published.of(settings), settings.conf_file("models.yaml")
    made = hashlib.sha256(declared.read_bytes() if declared else b"")
    for file in sorted((settings.project_root / "ml").rglob("*.py")):
        made.update(file.read_bytes())
    for name in READ:
        made.update(f"{name} {published.version(name) if published.exists(name) else None}".encode())
    return made.hexdigest()


def _steps(settings: Settings) -> "dict[str, Callable[[Tables], object]]":
    from ml.declared import declared
    from ml.drift.page import watch_and_write
    from ml.recommend import recommend
    from ml.scoring.score import score
    from ml.value.filling import fill as fill_value

    return {
        "churn": lambda tables: train_if_needed(tables, settings),
        "scores": lambda tables: score(tables, settings),
        "drift": lambda tables: watch_and_write(tables, settings),
        "value": lambda tables: fill_value(tables, declared(settings).value),
        "recommendations": lambda tables: recommend(tables, settings),
    }


def train_if_needed(tables: "Tables", settings: Settings) -> None:
    """Train where there is no champion that can score, or the newest check of drift asks for it."""
    from ml.training.needed import why_trained
    from ml.training.train import train

    why = why_trained(tables.store, settings)
    if why is not None:
        tables.say(f"training: {why}")
        train(tables, settings)


if __name__ == "__main__":
    leave(main())
