"""Writes the report page of the newest run, from the tables as they are now.

Exit status: 0 done, 1 there is no run to report or it can't be read, 2 wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from jobs.entry import run_job
from lakehouse.catalog import catalogue
from lakehouse.funnels.declaration import Funnels, load_funnels
from lakehouse.report import About, build_report, read_report_data
from lakehouse.sources import Source, load_sources
from libs.config import Settings, load_settings
from libs.errors import InputError
from libs.published import Published

RUNS = "gold.refresh_results"
SHOWN = ["table", "mode", "rows_in", "rows_out", "quarantined", "duplicates", "seconds", "version"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="report", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the page goes; by default where the settings say")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    asked = parser.parse_args(arguments)
    return run_job("report", lambda: _report(asked.out, asked.json, load_settings()))


def _report(out: Path | None, as_json: bool, settings: Settings) -> int:
    path = out or settings.report_path
    sources = list(load_sources(settings.conf_files("sources/*.yaml").values()).values())
    funnels = load_funnels(settings.conf_file("funnels.yaml"), settings.project_root)
    run_id = write_report(Published.of(settings), sources, funnels, path)
    print(json.dumps({"report": str(path), "run_id": run_id}) if as_json else f"report of run {run_id}: {path}")
    return 0


def write_report(tables: Published, sources: Sequence[Source], funnels: Funnels, path: Path) -> str:
    """Write the page of the newest run in `gold.refresh_results` to `path`; return the run's id.

    The page links to `data_docs/` beside it when that is there. Raises InputError when there was no run yet.
    """
    rows = _newest_run(tables)
    newest = rows[0]
    here = {source.source: [source.bronze_name(name) for name in source.tables] for source in sources}
    here = {name: [b for b in bronze if tables.exists(b)] for name, bronze in here.items()}
    about = About(
        run_id=newest["run_id"],
        as_of=newest["as_of"],
        made_at=newest["ran_at"],
        sources=[name for name, bronze in here.items() if bronze],
        currency=_currency([source for source in sources if here[source.source]]),
        comments=_comments([b for bronze in here.values() for b in bronze]),
        data_docs="data_docs/index.html" if (path.parent / "data_docs" / "index.html").is_file() else None,
        funnels=funnels,
    )
    build_report(read_report_data(tables, about, [{name: row[name] for name in SHOWN} for row in rows]), path)
    return str(newest["run_id"])


def _newest_run(tables: Published) -> list[dict[str, Any]]:
    if not tables.exists(RUNS):
        raise InputError(f"{RUNS}: there is no run to report at {tables.root}; `make demo` makes one")
    runs = tables.arrow(RUNS).to_table(columns=["run_id", *SHOWN, "ran_at", "as_of"]).to_pylist()
    newest = max(runs, key=itemgetter("ran_at"))["run_id"]
    return sorted((row for row in runs if row["run_id"] == newest), key=itemgetter("table"))


def _currency(sources: Sequence[Source]) -> str | None:
    """What amounts are in, where all that say it agree: a run sees to that."""
    said = {source.currency for source in sources if source.currency}
    return said.pop() if len(said) == 1 else None


def _comments(bronze: Sequence[str]) -> dict[str, str]:
    """What each table holds, in the order in which they are made."""
    raw = dict.fromkeys(bronze, "Rows as they came")
    rejected = {name.replace("bronze.", "quarantine.", 1): "Rows that break the contract, with the reasons" for name in bronze}
    return raw | rejected | {name: entry.table.comment for name, entry in catalogue().items()}


if __name__ == "__main__":
    sys.exit(main())
