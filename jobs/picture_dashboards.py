"""Takes a picture of every dashboard, as the viewer sees it, and of MLflow's pages of the churn model.

Needs Chromium and the local cluster, or SUPERSET_URL and SUPERSET_VIEWER_PASSWORD of another Superset.
Exit status: 0 done, 1 a chart shows an error or Superset does not answer, 2 wrong usage.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.dashboards import ASSETS, services
from jobs.entry import run_job
from lakehouse.dashboards.connection import address, password
from lakehouse.dashboards.files import slugs
from libs.packages.optional import require
from libs.settings.config import Settings, load_settings
from libs.settings.project import PROJECT_ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="picture_dashboards", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--out", type=Path, default=PROJECT_ROOT / "docs", metavar="DIR", help="parent of both folders; default: %(default)s"
    )
    asked = parser.parse_args(arguments)
    return run_job("picture_dashboards", lambda: _pictures(asked.out))


def _pictures(folder: Path) -> int:
    from libs.superset.browser import superset_browser

    dashboards = folder / "dashboards"
    dashboards.mkdir(parents=True, exist_ok=True)
    wrong, known = 0, services()
    with superset_browser(address(known)) as browser:
        browser.log_in("viewer", password(known, "viewer"))
        for slug in slugs(ASSETS):
            dashboard = browser.open(slug)
            for said in dashboard.errors():
                print(f"picture_dashboards: {slug}: {' '.join(said.split())}", file=sys.stderr)
                wrong += 1
            dashboard.picture(dashboards / f"{slug}.png")
            dashboard.shut()
            print(dashboards / f"{slug}.png")
        _registry(folder / "mlflow", load_settings({**os.environ, "PROFILE": "cluster"}), browser.new_page)
    return 1 if wrong else 0


def _registry(folder: Path, settings: Settings, new_page: "Callable[[], Page]") -> None:
    """The runs and the versions of the churn model, where it was trained."""
    require("mlflow", "ml", "a page of MLflow")
    from ml.registry.pages import runs, versions
    from ml.registry.tracking import EXPERIMENT, tracked
    from ml.registry.versions import CHAMPION, NAME, number_of

    with tracked(settings) as client:
        champion, experiment = number_of(client, CHAMPION), client.get_experiment_by_name(EXPERIMENT)
    if settings.mlflow_uri is None or champion is None or experiment is None:
        print("picture_dashboards: no churn model was trained there; MLflow's pages are left out")
        return
    folder.mkdir(parents=True, exist_ok=True)
    pages = {
        "registry": versions(new_page, settings.mlflow_uri, NAME, champion),
        "runs": runs(new_page, settings.mlflow_uri, experiment.experiment_id, EXPERIMENT),
    }
    for name, page in pages.items():
        page.screenshot(path=folder / f"{name}.png")
        print(folder / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
