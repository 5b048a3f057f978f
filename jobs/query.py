"""Asks for metrics: `--metric net_revenue --by country,week --since 2026-01-01`; prints a table or a chart, and what it was read from.

Exit status: 0 done, 1 there is nothing to read or the query failed, 2 wrong usage or a question that the definition can't answer.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from jobs.entry import run_job
from lakehouse.catalogue.discovery import TablesAsked
from lakehouse.metrics.declaration import Metrics
from lakehouse.metrics.loading import check_asked, declared_metrics
from lakehouse.metrics.request import Request, checked, require_known
from lakehouse.metrics.words import described, meaning
from libs.errors import InputError
from libs.settings.config import Settings, load_settings

if TYPE_CHECKING:
    from lakehouse.metrics.answer import Answer, Answering


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.metric is None and asked.describe is None and not asked.list:
        parser.error("name a metric with --metric, or see them with --list")
    return run_job("query", lambda: _query(asked, load_settings()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="query", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--metric", type=names, metavar="NAMES", help="one or several of one view: net_revenue,orders")
    parser.add_argument("--by", type=names, default=(), metavar="NAMES", help="dimensions and a grain: country,week")
    parser.add_argument("--since", type=date.fromisoformat, metavar="DATE", help="first day that counts (UTC)")
    parser.add_argument("--until", type=date.fromisoformat, metavar="DATE", help="last day that counts (UTC)")
    add_where(parser)
    parser.add_argument("--order", metavar="NAME[:desc]", help="order by this column; by default by what is grouped by")
    parser.add_argument("--limit", type=int, metavar="N", help="at most so many rows")
    parser.add_argument("--chart", action="store_true", help="draw bars")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.add_argument("--list", action="store_true", help="list every metric")
    parser.add_argument("--describe", metavar="NAME", help="say all about one metric")
    return parser


def add_where(parser: argparse.ArgumentParser) -> None:
    """Add the argument that `where_of` reads."""
    parser.add_argument(
        "--where",
        action="append",
        type=equation,
        default=[],
        metavar="NAME=VALUE",
        help="only these; several of one name: any of them",
    )


def names(text: str) -> tuple[str, ...]:
    """The names in `a,b`."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def equation(text: str) -> tuple[str, str]:
    """The name and the value of `name=value`, in the spelling of Unicode that values of tables have."""
    name, equals, value = normalize("NFC", text).partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name.strip(), value


def where_of(equations: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """The values that are asked for, by dimension."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in equations:
        found[name] = (*found.get(name, ()), value)
    return found


def answering(settings: Settings, metrics: Metrics, metric: str) -> "Answering":
    """What answers for the metric, as its view declares it, from the tables of the newest run.

    Raises InputError when there was no run, and ConfigError when a definition does not fit the tables that it reads.
    """
    from lakehouse.metrics.answer import Answering, last_run
    from libs.store.published import Published

    tables, declared = Published.of(settings), TablesAsked()
    run = last_run(tables)
    check_asked(metrics.views_by_metric[metric], settings, declared)
    return Answering(tables, metrics, declared, run)


def _query(asked: argparse.Namespace, settings: Settings) -> int:
    declared = declared_metrics(settings)
    try:
        if asked.list or asked.describe is not None:
            print(_listed(declared, asked.json) if asked.list else _described(declared, asked.describe, asked.json))
            return 0
        request = _request(asked)
        checked(request, declared)
    except InputError as error:
        print(f"query: {error}", file=sys.stderr)
        return 2
    answer = answering(settings, declared, request.metrics[0]).answer(request)
    print(json.dumps(as_json(answer), default=str) if asked.json else _shown(answer, asked.chart))
    return 0


def _request(asked: argparse.Namespace) -> Request:
    order, _, direction = (asked.order or "").partition(":")
    if direction not in ("", "asc", "desc"):
        raise InputError(f"order {asked.order}: write NAME, or NAME:desc for the greatest first")
    where = where_of(asked.where)
    return Request(asked.metric, asked.by, asked.since, asked.until, where, order or None, direction == "desc", asked.limit)


def _shown(answer: "Answer", as_chart: bool) -> str:
    from lakehouse.metrics.shown import chart, origin, table

    meanings = [meaning(answer.view, answer.view.metrics[name]) for name in answer.request.metrics]
    return "\n".join([chart(answer) if as_chart else table(answer), "", *meanings, *origin(answer), f"query: {answer.query}"])


def as_json(answer: "Answer") -> dict[str, Any]:
    """The answer as JSON values; decimals as text, so that they stay exact."""
    return {
        "metrics": [answer.view.metrics[name].model_dump() for name in answer.request.metrics],
        "view": answer.view.name,
        "rows": list(answer.rows),
        "partial": answer.partial,
        "is_cut": answer.is_cut,
        "as_of": answer.run.as_of,
        "run_id": answer.run.run_id,
        "versions": answer.versions,
        "query": answer.query,
    }


def _listed(metrics: Metrics, as_json: bool) -> str:
    if as_json:
        return json.dumps([view.model_dump() for view in metrics.views], default=str)
    parts = []
    for view in metrics.views:
        parts += [f"{view.name}: {view.comment}", *(f"  {m.name:<24} {m.description}" for m in view.measures)]
    return "\n".join(parts)


def _described(metrics: Metrics, name: str, as_json: bool) -> str:
    views = metrics.views_by_metric
    require_known("metric", name, list(views))
    view = views[name]
    return view.metrics[name].model_dump_json() if as_json else described(view, view.metrics[name])


if __name__ == "__main__":
    sys.exit(main())
