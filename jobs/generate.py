"""Writes a synthetic export: theLook's seven tables, or product events, and the truth planted in them.

The same arguments give the same bytes. Exit status: 0 done, 1 failed, 2 wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from lakehouse.synthetic.parameters import FORMATS, Parameters
from libs.errors import UserError

SOURCES = ("product_events", "thelook")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    try:
        parameters = Parameters(
            users=asked.users,
            seed=asked.seed,
            start=asked.start,
            end=asked.end,
            file_format=asked.format,
            late=asked.late,
            duplicates=asked.duplicates,
            malformed=asked.malformed,
            split_from=asked.split_from,
            drift_from=asked.drift_from,
        )
    except ValueError as error:
        parser.error(str(error))
    try:
        truth = generator(asked.source)(parameters, asked.out, _show_progress)
    except UserError as error:
        print(f"generate: --out: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"generate: {error}", file=sys.stderr)
        return 1
    print(json.dumps({"out": str(asked.out), **truth}) if asked.json else _summary(asked.out, truth))
    return 0


def generator(source: str) -> Callable[..., dict[str, Any]]:
    """What writes the export of one of SOURCES: takes Parameters, a new or empty folder and a report of progress."""
    from lakehouse.synthetic.export import generate
    from lakehouse.synthetic.product_export import generate_product_events

    return {"thelook": generate, "product_events": generate_product_events}[source]


def _parser() -> argparse.ArgumentParser:
    defaults = Parameters()
    parser = argparse.ArgumentParser(prog="generate", description=__doc__.splitlines()[0] if __doc__ else None)
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="a new or empty folder")
    add("--source", choices=SOURCES, default="thelook", help="what is written; default %(default)s")
    add("--users", type=int, default=defaults.users, metavar="N", help="default %(default)s")
    add("--seed", type=int, default=defaults.seed, help="default %(default)s")
    add("--start", type=date.fromisoformat, default=defaults.start, metavar="DATE", help="first day; %(default)s")
    add("--end", type=date.fromisoformat, default=defaults.end, metavar="DATE", help="day after the last; %(default)s")
    add("--format", choices=FORMATS, default=defaults.file_format, help="default %(default)s")
    for flaw, meaning in (
        ("late", "events that arrive after their day"),
        ("duplicates", "exact copies of rows"),
        ("malformed", "spoiled copies of rows"),
    ):
        text = f"{meaning}: a share below 1, or a number; default %(default)s"
        add(f"--{flaw}", type=float, default=getattr(defaults, flaw), metavar="SHARE|N", help=text)
    split = "rows that arrive on DATE or later go to arrivals/<day>/, the others to base/"
    add("--split-from", type=date.fromisoformat, metavar="DATE", help=split)
    add("--drift-from", type=date.fromisoformat, metavar="DATE", help="users come more often from DATE on")
    add("--json", action="store_true", help="print the truth as JSON")
    return parser


def _show_progress(done: int, users: int) -> None:
    print(f"generate: {done:,} of {users:,} users", file=sys.stderr)


def _summary(out: Path, truth: dict[str, dict[str, dict[str, int]]]) -> str:
    rows = [f"  {table:<21}{counts['rows_written']:>12,} rows" for table, counts in truth["tables"].items()]
    return "\n".join([f"{out}:", *rows, f"  {'truth':<21}{out / 'truth' / 'truth.json'}"])


if __name__ == "__main__":
    sys.exit(main())
