"""Takes new files, if any are named, and brings every table up to date; then writes the report.

Exit status: 0 done, 1 the data or the run failed, 2 wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from jobs.entry import leave, run_job
from jobs.progress import Progress
from lakehouse.refresh.moment import moment_of
from libs.errors import InputError
from libs.settings.config import Settings, load_settings

if TYPE_CHECKING:
    from lakehouse.refresh.orchestration import Asked, First


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that `asked_of` reads, and `--json`."""
    parser.add_argument("--data", metavar="DIR", help="folder of raw files")
    parser.add_argument(
        "--source", metavar="NAME", help="which declared source they are; by default the one whose files are there"
    )
    parser.add_argument("--as-of", metavar="DATE", help="figures are as of the end of this day, or of this timestamp (UTC)")
    parser.add_argument("--json", action="store_true", help="print the results as JSON, and progress to standard error")


def asked_of(parser: argparse.ArgumentParser, given: argparse.Namespace) -> "Asked":
    """What the parsed arguments ask for; ends the process with status 2 when the moment can't be read."""
    try:
        as_of = moment_of(given.as_of) if given.as_of else None
    except InputError as error:
        parser.error(str(error))

    from lakehouse.refresh.orchestration import Asked

    return Asked(given.data, given.source, as_of)


def progress_of(given: argparse.Namespace) -> Progress:
    """Where the job prints its progress."""
    return Progress(sys.stderr if given.json else sys.stdout)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="refresh", description=__doc__.splitlines()[0] if __doc__ else None)
    add_arguments(parser)
    given = parser.parse_args(arguments)
    asked = asked_of(parser, given)
    return run_job("refresh", lambda: run_and_report(asked, load_settings(), progress_of(given), given.json))


def run_and_report(asked: "Asked", settings: Settings, progress: Progress, as_json: bool, first: "First | None" = None) -> int:
    """Run `lakehouse.refresh.orchestration.refresh` and print its results; returns 0."""
    from lakehouse.refresh.orchestration import refresh

    results = refresh(asked, settings, progress, first)
    progress.summary(results)
    if as_json:
        print(json.dumps(asdict(results), default=str))
    return 0


if __name__ == "__main__":
    leave(main())
