"""Says who makes up a number: `funnel NAME --date DATE --step STEP` lists the actors that are counted there.

Exit status: 0 done, 1 the table can't be read or is not up to date, 2 wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from jobs.entry import run_job
from lakehouse.catalog import catalogue
from lakehouse.funnels.declaration import load_funnels
from lakehouse.funnels.explain import TABLE, Counted, counted_by_table, funnel_named, step_position
from libs.config import Settings, load_settings
from libs.errors import InputError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="explain", description=__doc__.splitlines()[0] if __doc__ else None)
    numbers = parser.add_subparsers(dest="number", required=True)
    funnel = numbers.add_parser("funnel", help="the actors that entered a funnel on a day and reached a step")
    funnel.add_argument("name", metavar="NAME", help="the funnel, as declared")
    funnel.add_argument("--date", type=date.fromisoformat, required=True, metavar="DATE", help="day of the entry (2026-01-31)")
    funnel.add_argument("--step", required=True, metavar="STEP", help="the step's name, or its number from 1")
    funnel.add_argument("--json", action="store_true", help="print the actors as JSON")
    asked = parser.parse_args(arguments)
    return run_job("explain", lambda: _explain_funnel(asked, load_settings()))


def _explain_funnel(asked: argparse.Namespace, settings: Settings) -> int:
    funnels = load_funnels(settings.conf_file("funnels.yaml"), settings.project_root)
    try:
        funnel = funnel_named(funnels, asked.name)
        position = step_position(funnel, asked.step)
    except InputError as error:
        print(f"explain: {error}", file=sys.stderr)
        return 2

    from libs.spark import session
    from libs.store import Store

    # Tables are found by their paths: the catalogue, which lets one process in, stays free.
    alone = settings.model_copy(update={"spark": settings.spark.model_copy(update={"catalog": "in-memory"})})
    store = Store(settings.lakehouse_root, session(alone, "explain"))
    counted = counted_by_table(store, catalogue()[TABLE], funnels, funnel, asked.date, position)
    step = funnel.row_names[position]
    if asked.json:
        print(json.dumps(_as_json(asked, step, counted)))
    else:
        _print(asked, step, counted)
    return 0


def _as_json(asked: argparse.Namespace, step: str, counted: Sequence[Counted]) -> dict[str, object]:
    actors = [asdict(one) | {"entered_at": one.entered_at.isoformat()} for one in counted]
    return {"funnel": asked.name, "date": str(asked.date), "step": step, "converted": len(counted), "actors": actors}


def _print(asked: argparse.Namespace, step: str, counted: Sequence[Counted]) -> None:
    print(f"{asked.name}, entered on {asked.date}: {len(counted)} reached {step}")
    for one in counted:
        print(f"  {one.kind} {one.actor}  entered {one.entered_at:%H:%M:%S} UTC, {step} after {one.seconds:g} s")


if __name__ == "__main__":
    sys.exit(main())
