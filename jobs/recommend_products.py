"""Recommends products to each user, names similar products, and says how likely viewed products are bought.

Exit status: 0 done, 1 failed, 2 wrong usage.
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
    parser = argparse.ArgumentParser(prog="recommend_products", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.parse_args(arguments)
    return run_filling("recommend_products", "implicit", "a recommendation", _recommend)


def _recommend(tables: "Filling", settings: Settings, _: Progress) -> None:
    from ml.recommend import recommend

    recommend(tables, settings)


if __name__ == "__main__":
    leave(main())
