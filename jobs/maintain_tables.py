"""Keeps every table fast and small: puts small files together, deletes old ones, shortens the log. Run it daily or weekly.

Exit status: 0 done, 1 a table failed, 2 wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

from jobs.entry import leave, run_job
from lakehouse.catalogue.discovery import catalogue
from libs.graph import run_graph
from libs.locks.writing import writing
from libs.settings.config import Settings, load_settings

if TYPE_CHECKING:
    from libs.store import upkeep
    from libs.store.port import Store

WEEK = 168
WORKERS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="maintain_tables", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--retain-hours",
        type=int,
        default=WEEK,
        metavar="N",
        help="keep files that versions of the last N hours need; default %(default)s. Less breaks who still reads an older one",
    )
    parser.add_argument("--json", action="store_true", help="print the results as JSON, and progress to standard error")
    asked = parser.parse_args(arguments)
    if asked.retain_hours < 0:
        parser.error("--retain-hours: at least 0")
    return run_job("maintain_tables", lambda: _maintain(load_settings(), asked.retain_hours, asked.json))


def _maintain(settings: Settings, retain_hours: int, as_json: bool) -> int:
    from libs.engines.choice import chosen
    from libs.engines.opening import opened

    out = sys.stderr if as_json else sys.stdout
    with writing(settings, "maintain_tables", lambda line: print(line, file=out, flush=True)):
        store = opened(settings, chosen(settings, lambda: 0).engine, "maintain_tables")
        kept = _kept_up(store, _tables(settings, store), retain_hours, out)
    if as_json:
        print(json.dumps([asdict(table) for table in kept]))
    return 0


def _kept_up(store: "Store", names: Sequence[str], retain_hours: int, out: TextIO) -> "list[upkeep.Kept]":
    """Keep up several tables at once, as each spends much of its time waiting for the store, and print what became of each."""
    from libs.store.upkeep import Kept

    def keep(name: str, _: Mapping[str, Kept]) -> Kept:
        kept = store.keep_up(name, retain_hours)
        print(_line(kept), file=out, flush=True)
        return kept

    print(f"{'table':<42} {'files before':>12} {'after':>8} {'deleted':>8} {'rows':>12} {'megabytes':>10}", file=out)
    kept = run_graph({name: [] for name in names}, keep, WORKERS).results
    return [kept[name] for name in names]


def _tables(settings: Settings, store: "Store") -> list[str]:
    from lakehouse.contract.loading import load_sources

    sources = load_sources(settings.conf_files("sources/*.yaml").values()).values()
    raw = [name for s in sources for table in s.tables for name in (s.bronze_name(table), s.quarantine_name(table))]
    return sorted(name for name in {*raw, *catalogue()} if store.exists(name))


def _line(kept: "upkeep.Kept") -> str:
    size = kept.bytes / 1e6
    return f"{kept.table:<42} {kept.files_before:>12,} {kept.files_after:>8,} {kept.deleted:>8,} {kept.rows:>12,} {size:>10.1f}"


if __name__ == "__main__":
    leave(main())
