"""Estimates what each buyer will buy within a horizon, and for how much: fills gold.customer_value.

Run it after a refresh. Exit status: 0 done, 1 the tables can't be read or the rows may not be published, 2 wrong usage.
"""

import argparse
from collections.abc import Sequence

from jobs.entry import leave, run_job
from libs.packages.optional import require
from libs.settings.config import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="estimate_value", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.parse_args(arguments)
    return run_job("estimate_value", lambda: _estimate(load_settings()))


def _estimate(settings: Settings) -> int:
    import sys

    from jobs.progress import Progress
    from lakehouse.refresh.by_job import filling
    from ml.declared import declared
    from ml.value.declaration import ValueSection
    from ml.value.filling import fill

    require("scipy", "ml", "the value of customers")
    section = declared(settings, "value", ValueSection)
    progress = Progress(sys.stdout)
    with filling(settings, "estimate_value", progress.say, progress.table) as tables:
        fill(tables, section)
    return 0


if __name__ == "__main__":
    leave(main())
