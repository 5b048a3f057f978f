"""Takes a picture of every dashboard, as the viewer sees it, into docs/dashboards.

Needs Chromium and the local cluster, or SUPERSET_URL and SUPERSET_VIEWER_PASSWORD of another Superset.
Exit status: 0 done, 1 a chart shows an error or Superset does not answer, 2 wrong usage.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from jobs.dashboards import ASSETS, services
from jobs.entry import run_job
from lakehouse.dashboards.connection import address, password
from lakehouse.dashboards.files import slugs
from libs.settings.project import PROJECT_ROOT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="picture_dashboards", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--out", type=Path, default=PROJECT_ROOT / "docs" / "dashboards", metavar="DIR", help="default: %(default)s"
    )
    asked = parser.parse_args(arguments)
    return run_job("picture_dashboards", lambda: _pictures(asked.out))


def _pictures(folder: Path) -> int:
    from libs.superset.browser import superset_browser

    folder.mkdir(parents=True, exist_ok=True)
    wrong, known = 0, services()
    with superset_browser(address(known)) as browser:
        browser.log_in("viewer", password(known, "viewer"))
        for slug in slugs(ASSETS):
            dashboard = browser.open(slug)
            for said in dashboard.errors():
                print(f"picture_dashboards: {slug}: {' '.join(said.split())}", file=sys.stderr)
                wrong += 1
            dashboard.picture(folder / f"{slug}.png")
            dashboard.shut()
            print(folder / f"{slug}.png")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
