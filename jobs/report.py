"""Writes the report page of the newest run, from the tables as they are now.

Exit status: 0 done, 1 there is no run to report or it can't be read, 2 wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from jobs.entry import run_job
from libs.settings.config import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="report", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the page goes; by default where the settings say")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    asked = parser.parse_args(arguments)
    return run_job("report", lambda: _report(asked.out, asked.json, load_settings()))


def _report(out: Path | None, as_json: bool, settings: Settings) -> int:
    path = out or settings.report_path
    run_id = write(settings, path)
    print(json.dumps({"report": str(path), "run_id": run_id}) if as_json else f"report of run {run_id}: {path}")
    return 0


def write(settings: Settings, path: Path) -> str:
    """Write the page to `path`; returns the id of the run that it is of. Raises InputError as `write_report` does."""
    from lakehouse.contract.loading import load_sources
    from lakehouse.funnels.declaration import load_funnels
    from lakehouse.report.newest import write_report
    from libs.store.published import Published

    sources = list(load_sources(settings.conf_files("sources/*.yaml").values()).values())
    funnels = load_funnels(settings.conf_file("funnels.yaml"), settings.project_root)
    return write_report(Published.of(settings), sources, funnels, path)


if __name__ == "__main__":
    sys.exit(main())
