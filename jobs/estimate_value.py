"""Estimates what each buyer will buy within a horizon, and for how much: fills gold.customer_value.

Run it after a refresh. With `--calibrate` nothing is written but a page: the models are fitted to what was known before the last
days of the horizon's length, and what they expect of those days is compared with what was bought.

Exit status: 0 done, 1 the tables can't be read, the rows may not be published or there is nothing to compare, 2 wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.entry import leave, run_job
from libs.packages.optional import require
from libs.settings.config import Settings, load_settings

if TYPE_CHECKING:
    from ml.tables import Tables
    from ml.value.declaration import ValueSection

PAGE = "value_calibration.html"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="estimate_value", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--calibrate", action="store_true", help="compare expected and actual purchases in held-out days, on a page"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help=f"where that page goes; by default {PAGE} beside the report")
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON, and progress to standard error")
    asked = parser.parse_args(arguments)
    if (asked.out or asked.json) and not asked.calibrate:
        parser.error("--out and --json belong to --calibrate")
    return run_job("estimate_value", lambda: _estimate(load_settings(), asked))


def _estimate(settings: Settings, asked: argparse.Namespace) -> int:
    from jobs.progress import Progress
    from lakehouse.refresh.by_job import filling
    from ml.declared import declared
    from ml.value.filling import fill

    require("scipy", "ml", "the value of customers")
    section = declared(settings).value
    progress = Progress(sys.stderr if asked.json else sys.stdout)
    with filling(settings, "estimate_value", progress.say, progress.table) as tables:
        if asked.calibrate:
            _calibrate(tables, section, asked.out or settings.report_path.with_name(PAGE), asked.json)
        else:
            fill(tables, section)
    return 0


def _calibrate(tables: "Tables", section: "ValueSection", page: Path, as_json: bool) -> None:
    from ml.value.calibration import calibrated
    from ml.value.page import lines, write_page

    found = calibrated(tables, section)
    write_page(found, page)
    if as_json:
        print(json.dumps({**asdict(found), "page": str(page)}, default=str))
    else:
        print("\n".join([*lines(found), f"page: {page}"]), flush=True)


if __name__ == "__main__":
    leave(main())
