"""Recommends products to each user, names similar products, and says how likely viewed products are bought.

Exit status: 0 done, 1 failed, 2 wrong usage.
"""

import argparse
import sys
from collections.abc import Sequence

from jobs.entry import leave, run_job
from libs.packages.optional import require
from libs.settings.config import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="recommend_products", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.parse_args(arguments)
    return run_job("recommend_products", lambda: _recommend(load_settings()))


def _recommend(settings: Settings) -> int:
    require("implicit", "ml", "a recommendation")
    from jobs.progress import Progress
    from lakehouse.refresh.by_job import filling
    from ml.recommend import recommend

    progress = Progress(sys.stdout)
    with filling(settings, "recommend_products", progress.say, progress.table) as tables:
        recommend(tables, settings)
    return 0


if __name__ == "__main__":
    leave(main())
