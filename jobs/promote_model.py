"""Makes the challenger champion where it is better on the same held-out users; with --rollback the former champion again.

Exit status: 0 done, 1 it stays as it is, or the run failed, 2 wrong usage.
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
    parser = argparse.ArgumentParser(prog="promote_model", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rollback", action="store_true", help="make the former champion champion again")
    asked = parser.parse_args(arguments)
    return run_job("promote_model", lambda: _promote(load_settings(), Progress(sys.stdout), asked.rollback))


def _promote(settings: Settings, progress: Progress, back: bool) -> int:
    require("xgboost", "ml", "a model")
    from libs.store.published import Published
    from ml.registry.promotion import go_back, promote_challenger

    if back:
        go_back(settings, progress.say)
    else:
        promote_challenger(Published.of(settings), settings, progress.say)
    return 0


if __name__ == "__main__":
    leave(main())
