"""Builds the same gold tables with this project, on each engine, and with DuckDB, and checks that their rows are the same.

Exit status: 0 done, 1 rows differ or a build failed, 2 wrong usage.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.entry import run_job
from libs.engines.choice import ENGINES
from libs.locks.lease import lease
from libs.packages.optional import require
from libs.settings.project import PROJECT_ROOT

if TYPE_CHECKING:
    from lakehouse.bench.contest import Figure

FOLDER = PROJECT_ROOT / "var" / "bench"
HEADER = f"{'what':<48} {'engine':<6} {'rows':>11} {'ours s':>8} {'peer s':>8} {'ratio':>7} {'ours MB':>8} {'peer MB':>8}  same rows  peer"


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    """Run the job with command-line `arguments`, with its data and results in `folder`, and return its exit status."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=int, default=2_000_000, metavar="N", help="about so many; default %(default)s")
    parser.add_argument("--engine", choices=ENGINES, help="this engine alone; default both")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, and progress to standard error")
    parser.add_argument("--keep", action="store_true", help="leave the tables of both sides in var/bench/work")
    asked = parser.parse_args(arguments)
    if asked.events < 1:
        parser.error("--events: at least 1")
    return run_job("bench", lambda: _bench(folder, asked))


def _bench(folder: Path, asked: argparse.Namespace) -> int:
    require("chdb", "bench", "one of the peers")
    from lakehouse.bench.contest import Contest
    from lakehouse.bench.exports import export_of, users_for

    users = users_for(asked.events)
    work, engines = folder / "work", [asked.engine] if asked.engine else ENGINES
    with lease(folder, "bench", 0, _say):
        shutil.rmtree(work, ignore_errors=True)
        # Of a build that failed the log is there, and is named by the error.
        figures, differences = Contest(export_of(users, folder, _say), work, _say, engines).run()
        if not asked.keep:
            shutil.rmtree(work, ignore_errors=True)
        out = _written(figures, folder / f"gold-{users}-users.json")
    print(json.dumps([asdict(f) for f in figures]) if asked.json else _page(figures, out))
    for difference in differences:
        print(f"bench: {difference.what}: {difference.description}", file=sys.stderr)
    return 1 if differences else 0


def _say(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


def _written(figures: Sequence["Figure"], path: Path) -> Path:
    """Write the figures as JSON, whole or not at all."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps([asdict(f) for f in figures], indent=1) + "\n")
    return new.replace(path)


def _page(figures: Sequence["Figure"], out: Path) -> str:
    notes = "Seconds by table are within the run: ours has several under way at once, so they add up to more than the whole."
    return "\n".join([HEADER, *map(_line, figures), notes, f"written to {out}"])


def _line(f: "Figure") -> str:
    rows, ratio = _number(f.rows, ",.0f"), _number(f.ratio, ".3f" if (f.ratio or 1) < 1 else ".1f")
    ours, peer = _number(f.ours_s, ".2f"), _number(f.peer_s, ".2f")
    peaks = f"{_number(f.ours_peak_mb, ',.0f'):>8} {_number(f.peer_peak_mb, ',.0f'):>8}"
    same = {None: "", True: "yes", False: "NO"}[f.equal]
    return f"{f.what:<48} {f.engine:<6} {rows:>11} {ours:>8} {peer:>8} {ratio:>7} {peaks}  {same:<9}  {f.peer}"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


if __name__ == "__main__":
    sys.exit(main())
