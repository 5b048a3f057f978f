"""Writes the report page of the newest run, from the newest versions of the tables."""

from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.source import Source
from lakehouse.funnels.declaration import Funnels
from lakehouse.gold.refresh_results import TABLE as RUNS
from lakehouse.report.data import About
from lakehouse.report.page import build_report
from lakehouse.report.reading import read_report_data
from libs.errors import InputError
from libs.store.form import check_form
from libs.store.reader import Reader

# Where the page of drift is, beside the report.
DRIFT_PAGE = "drift_report.html"
SHOWN = ["table", "mode", "rows_in", "rows_out", "quarantined", "rows_seen_before", "seconds", "version"]


def write_report(tables: Reader, sources: Sequence[Source], funnels: Funnels, path: Path) -> str:
    """Write the page of the newest run in `gold.refresh_results` to `path`; return the run's id.

    The page links to `data_docs/` and the page of drift beside it where they exist. Raises InputError when there was no run yet, or the tables
    were written by an older version.
    """
    rows = _newest_run(tables)
    newest = rows[0]
    here = {source.source: [source.bronze_name(name) for name in source.tables] for source in sources}
    here = {name: [b for b in bronze if tables.exists(b)] for name, bronze in here.items()}
    about = About(
        run_id=newest["run_id"],
        as_of=newest["as_of"],
        made_at=newest["started_at"],
        sources=[name for name, bronze in here.items() if bronze],
        currency=_currency([source for source in sources if here[source.source]]),
        comments=_comments([b for bronze in here.values() for b in bronze]),
        data_docs="data_docs/index.html" if (path.parent / "data_docs" / "index.html").is_file() else None,
        drift_page=DRIFT_PAGE if (path.parent / DRIFT_PAGE).is_file() else None,
        funnels=funnels,
    )
    build_report(read_report_data(tables, about, [{name: row[name] for name in SHOWN} for row in rows]), path)
    return str(newest["run_id"])


def _newest_run(tables: Reader) -> list[dict[str, Any]]:
    if not tables.exists(RUNS.name):
        raise InputError(f"{RUNS.name}: no run to report at {tables.root}; run `make demo` first")
    check_form(tables, RUNS)
    runs = tables.arrow(RUNS.name).to_table(columns=["run_id", *SHOWN, "started_at", "as_of"]).to_pylist()
    newest = max(runs, key=itemgetter("started_at"))["run_id"]
    return sorted((row for row in runs if row["run_id"] == newest), key=itemgetter("table"))


def _currency(sources: Sequence[Source]) -> str | None:
    """The currency of the sources, which a run has checked to be one."""
    said = {source.currency for source in sources if source.currency}
    return said.pop() if len(said) == 1 else None


def _comments(bronze: Sequence[str]) -> dict[str, str]:
    """Each table's description, in the order of the run."""
    raw = dict.fromkeys(bronze, "Rows as they arrived")
    rejected = {name.replace("bronze.", "quarantine.", 1): "Rows that break the contract, with the reasons" for name in bronze}
    return raw | rejected | {name: entry.table.comment for name, entry in catalogue().items()}
