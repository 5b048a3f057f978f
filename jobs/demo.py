"""The main job: raw files become trusted gold tables, models, and a report. Without --data it generates its own files.

Exit status: 0 done, 1 the data or the run failed, 2 wrong usage.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.entry import leave, run_job
from jobs.generate import SOURCES, generator
from jobs.progress import Progress
from jobs.refresh import add_arguments, asked_of, progress_of, run_and_report
from jobs.report import write
from jobs.run_models import run_models
from lakehouse.synthetic.parameters import Parameters
from libs.engines.spark_conf import is_local
from libs.errors import InputError
from libs.locks.lease import lease
from libs.locks.writing import writing
from libs.settings.config import Settings, load_settings
from libs.store.place import Place
from ml.declared import declared

if TYPE_CHECKING:
    from lakehouse.refresh.orchestration import Asked

MARK = "_generated_from"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__.splitlines()[0] if __doc__ else None)
    add_arguments(parser)
    parser.add_argument("--users", type=int, default=20_000, metavar="N", help="users to generate; default %(default)s")
    given = parser.parse_args(arguments)
    if given.users < 1:
        parser.error("--users: at least 1")
    asked = asked_of(parser, given)
    return run_job("demo", lambda: _demo(asked, given, load_settings()))


def _demo(asked: "Asked", given: argparse.Namespace, settings: Settings) -> int:
    progress, place = progress_of(given), Place(settings)
    # The models end the run: a mistake in what is declared of them is reported before it begins.
    declared(settings)
    if asked.data is None:
        source = asked.source or "thelook"
        data = _generated(settings, source, given.users, progress)
        _make_room(settings, place, data.name, progress)
        asked = replace(asked, data=str(data), source=source)
    else:
        # After the command line, for they import pyspark. Asked before anything is set aside for these files.
        from lakehouse.refresh.orchestration import declared_sources, source_of

        source_of(asked, declared_sources(settings, lambda _: None))
        _make_room(settings, place, None, progress)
    status = run_and_report(asked, settings, progress, given.json)
    if is_local(settings):
        status = max(status, run_models(settings, progress, even_if_nothing_new=False))
        write(settings, settings.report_path)
    return status


def _generated(settings: Settings, source: str, users: int, progress: Progress) -> Path:
    """Data of that source and of that many users, generated once. Raises InputError for a source that can't be generated."""
    if source not in SOURCES:
        raise InputError(f"SOURCE={source}: there is no generator for it: name the folder of its files in DATA")
    name = f"users-{users}" if source == "thelook" else f"{source}-{users}"
    folder = settings.project_root / "var" / "generated" / name
    with lease(folder.parent, "generate", settings.lock_wait_seconds, progress.say):
        if not folder.exists():
            progress.say(f"generating data of {users:,} users into {folder}")
            generator(source)(Parameters(users=users), folder)
    return folder


def _make_room(settings: Settings, place: Place, generated: str | None, progress: Progress) -> None:
    """Keep generated data separate from any other: ids of every export begin at 1, and one would overwrite the other.

    Tables of other generated data are set aside. Raises InputError when generated data would meet real data.
    """
    before = place.read(MARK)
    if generated and before is None and place.exists("bronze"):
        raise InputError(f"{place} holds your own data; take another LAKEHOUSE_ROOT for generated data, or name your DATA")
    if before and before != generated:
        with writing(settings, "demo", progress.say):
            aside = place.set_aside(before)
        progress.say(f"{place} held generated data; its tables are now in {aside}")
    if generated:
        place.write(MARK, generated)


if __name__ == "__main__":
    leave(main())
