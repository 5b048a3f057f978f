"""Says who makes up a number, and why one changed.

`funnel NAME --date DATE --step STEP` lists the actors that are counted there; `--date FIRST..LAST` takes a range of days, over
which an actor counts once; `--breakdown COLUMN=VALUE` looks at one row of a breakdown; without `--step` the steps are counted.
`change METRIC --from A..B --to C..D` splits the change of a metric between two periods into its parts: `--by DIMENSION` by
value (a ratio into mix and rate), `--product a,b` by the factors that it is the product of; without either by every product
that is declared.

Exit status: 0 done, 1 the table can't be read or is not up to date, 2 wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from jobs.entry import run_job
from jobs.query import add_where, answering, as_json, equation, names, where_of
from lakehouse.metrics.loading import declared_metrics
from lakehouse.metrics.words import meaning
from libs.errors import InputError
from libs.settings.config import Settings, load_settings

if TYPE_CHECKING:
    from lakehouse.metrics.change import Change


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="explain", description=__doc__.splitlines()[0] if __doc__ else None)
    numbers = parser.add_subparsers(dest="number", required=True)
    funnel = numbers.add_parser("funnel", help="the steps of a funnel, or the actors that reached one of them")
    funnel.add_argument("name", metavar="NAME", help="the funnel, as declared")
    funnel.add_argument("--date", type=_period, required=True, metavar="DAYS", help="days of entry: 2026-01-31, or FIRST..LAST")
    funnel.add_argument("--step", metavar="STEP", help="list who reached it: the step's name, or its number from 1")
    funnel.add_argument(
        "--breakdown", type=equation, metavar="COLUMN=VALUE", help="only those whose entry has this value: device=Chrome"
    )
    funnel.add_argument("--json", action="store_true", help="print the actors as JSON")
    _add_change(numbers)
    asked = parser.parse_args(arguments)
    explain = _explain_funnel if asked.number == "funnel" else _explain_change
    return run_job("explain", lambda: explain(asked, load_settings()))


def _add_change(numbers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    change = numbers.add_parser("change", help="the parts of a metric's change between two periods")
    change.add_argument("metric", metavar="METRIC", help="the metric, as declared")
    for name, which in (("from", "before"), ("to", "after")):
        change.add_argument(
            f"--{name}", dest=which, type=_period, required=True, metavar="FIRST..LAST", help=f"days of the period {which}"
        )
    split = change.add_mutually_exclusive_group()
    split.add_argument("--by", metavar="DIMENSION", help="split by the values of a dimension")
    split.add_argument("--product", type=names, metavar="NAMES", help="split by factors: paying_orders,aov")
    add_where(change)
    change.add_argument("--json", action="store_true", help="print the parts as JSON")


def _period(text: str) -> tuple[date, date]:
    first, dots, last = text.partition("..")
    try:
        period = date.fromisoformat(first), date.fromisoformat(last if dots else first)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no day, such as 2026-01-31, and no two, such as 2026-01-01..2026-01-31"
        ) from None
    if period[0] > period[1]:
        raise argparse.ArgumentTypeError(f"{text!r}: its first day lies after its last")
    return period


def _explain_change(asked: argparse.Namespace, settings: Settings) -> int:
    from lakehouse.metrics.change import planned
    from lakehouse.metrics.shown import origin, parts

    where = where_of(asked.where)
    declared = declared_metrics(settings)
    try:
        splits = planned(declared, asked.metric, (asked.before, asked.after), where, asked.by, asked.product)
    except InputError as error:
        print(f"explain: {error}", file=sys.stderr)
        return 2
    ready = answering(settings, declared, asked.metric)
    changes = [split(ready) for split in splits]
    if asked.json:
        print(json.dumps([_change_as_json(change) for change in changes], default=str))
    else:
        print("\n\n".join(parts(change) for change in changes))
        print("\n".join(["", meaning(changes[0].view, changes[0].measure), *origin(changes[0].answers[0])]))
    return 0


def _change_as_json(change: "Change") -> dict[str, object]:
    answer = as_json(change.answers[0])
    kept = {name: answer[name] for name in ("view", "as_of", "run_id", "versions")}
    amounts = [{"of": part.of, "effect": part.effect, "amount": float(part.amount)} for part in change.parts]
    figures = {"before": float(change.before), "after": float(change.after), "change": float(change.total)}
    return {"metric": change.measure.name, "periods": change.periods, **figures, "parts": amounts, **kept}


def _explain_funnel(asked: argparse.Namespace, settings: Settings) -> int:
    from lakehouse.funnels.declaration import load_funnels
    from lakehouse.funnels.explain import EVENTS, TABLE, Entries, breakdown_of, funnel_named, step_position
    from lakehouse.funnels.shown import shown_actors, shown_steps
    from lakehouse.refresh.inputs import current_state

    funnels = load_funnels(settings.conf_file("funnels.yaml"), settings.project_root)
    try:
        funnel = funnel_named(funnels, asked.name)
        position = None if asked.step is None else step_position(funnel, asked.step)
        breakdown = None if asked.breakdown is None else breakdown_of(funnel, *asked.breakdown)
    except InputError as error:
        print(f"explain: {error}", file=sys.stderr)
        return 2

    from lakehouse.catalogue.discovery import TablesAsked
    from libs.store.published import Published

    tables = Published.of(settings)
    state = current_state(tables, TablesAsked()[TABLE], {"funnels": funnels.only(frozenset([funnel.name]))})
    assert state.as_of is not None
    first, last = asked.date
    entries = Entries(tables, state.consumed[EVENTS].version, state.as_of, funnel, first, last, breakdown)
    found = shown_steps(entries) if position is None else shown_actors(entries, position)
    print(json.dumps(found.as_json) if asked.json else "\n".join(found.lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
