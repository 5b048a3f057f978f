"""Does the same with this project and with its peers, and checks that the results are the same: gold tables, and models.

gold: every table from raw files, on each engine, beside DuckDB's. models: features, training and scoring of the churn model,
beside DuckDB and XGBoost in one process.

Exit status: 0 done, 1 results differ or a run failed, 2 wrong usage.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from jobs.entry import run_job
from lakehouse.bench.figures import Difference, Figure
from libs.engines.choice import ENGINES
from libs.locks.lease import lease
from libs.packages.optional import require
from libs.settings.project import PROJECT_ROOT

Found = tuple[Sequence[Figure], Sequence[Difference]]
FOLDER = PROJECT_ROOT / "var" / "bench"
PARTS = ("gold", "models")
HEADER = (
    f"{'what':<48} {'engine':<6} {'rows':>11} {'ours s':>8} {'peer s':>8} {'ratio':>7} {'at most':>7} {'ours MB':>8} {'peer MB':>8}"
    "  same  peer"
)


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    """Run the job with command-line `arguments`, with its data and results in `folder`, and return its exit status."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=PARTS, help="this part alone; default both")
    parser.add_argument("--events", type=int, default=2_000_000, metavar="N", help="gold: about so many; default %(default)s")
    parser.add_argument(
        "--users", type=int, default=1_000_000, metavar="N", help="models: so many have features; default %(default)s"
    )
    parser.add_argument(
        "--rows", type=int, default=1_000_000, metavar="N", help="models: so many are trained on; default %(default)s"
    )
    parser.add_argument("--engine", choices=ENGINES, help="this engine alone, of gold tables and scores; default both")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, and progress to standard error")
    parser.add_argument("--keep", action="store_true", help="leave the tables of both sides in var/bench/work")
    asked = parser.parse_args(arguments)
    for name in ("events", "users", "rows"):
        if getattr(asked, name) < 1:
            parser.error(f"--{name}: at least 1")
    return run_job("bench", lambda: _bench(folder, asked))


def _bench(folder: Path, asked: argparse.Namespace) -> int:
    parts: Mapping[str, Callable[[Path, argparse.Namespace], Found]] = {"gold": _gold, "models": _models}
    figures, differences, written = list[Figure](), list[Difference](), list[Path]()
    with lease(folder, "bench", 0, _say):
        for part in [asked.only] if asked.only else PARTS:
            shutil.rmtree(folder / "work", ignore_errors=True)
            # Of a run that failed the log is there, and is named by the error.
            found, differing = parts[part](folder, asked)
            written.append(_written(found, folder / _file(part, asked)))
            figures, differences = [*figures, *found], [*differences, *differing]
            if not asked.keep:
                shutil.rmtree(folder / "work", ignore_errors=True)
    print(json.dumps([asdict(f) for f in figures]) if asked.json else _page(figures, written))
    for difference in differences:
        print(f"bench: {difference.what}: {difference.description}", file=sys.stderr)
    return 1 if differences else 0


def _gold(folder: Path, asked: argparse.Namespace) -> Found:
    require("chdb", "bench", "one of the peers")
    from lakehouse.bench.contest import Contest
    from lakehouse.bench.exports import export_of, users_for

    export = export_of(users_for(asked.events), folder, _say)
    return Contest(export, folder / "work", _say, _engines(asked)).run()


def _models(folder: Path, asked: argparse.Namespace) -> Found:
    require("xgboost", "ml", "models")
    from ml.bench.contest import Models

    return Models(asked.users, asked.rows, folder / "work", _say, _engines(asked)).run()


def _engines(asked: argparse.Namespace) -> Sequence[str]:
    return [asked.engine] if asked.engine else ENGINES


def _file(part: str, asked: argparse.Namespace) -> str:
    """Where the figures go."""
    from lakehouse.bench.exports import users_for

    return f"gold-{users_for(asked.events)}-users.json" if part == "gold" else f"models-{asked.users}-users.json"


def _say(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


def _written(figures: Sequence[Figure], path: Path) -> Path:
    """Write the figures as JSON, whole or not at all."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps([asdict(f) for f in figures], indent=1) + "\n")
    return new.replace(path)


def _page(figures: Sequence[Figure], written: Sequence[Path]) -> str:
    notes = "Seconds by table are within the run: ours has several under way at once, so they add up to more than the whole."
    remarks = [f"{f.what}, engine {f.engine}: {f.remark}" for f in figures if f.remark]
    return "\n".join([HEADER, *map(_line, figures), *remarks, notes, *[f"written to {path}" for path in written]])


def _line(f: Figure) -> str:
    rows, ratio = _number(f.rows, ",.0f"), _number(f.ratio, ".3f" if (f.ratio or 1) < 1 else ".1f")
    ours, peer = _number(f.ours_s, ".2f"), _number(f.peer_s, ".2f")
    peaks = f"{_number(f.ours_peak_mb, ',.0f'):>8} {_number(f.peer_peak_mb, ',.0f'):>8}"
    at_most = _number(f.at_most, ".2f")
    same = {None: "", True: "yes", False: "NO"}[f.equal]
    return f"{f.what:<48} {f.engine:<6} {rows:>11} {ours:>8} {peer:>8} {ratio:>7} {at_most:>7} {peaks}  {same:<4}  {f.peer}"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


if __name__ == "__main__":
    sys.exit(main())
