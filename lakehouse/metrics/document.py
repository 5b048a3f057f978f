"""The page of the data dictionary that describes the metrics, as Markdown."""

from collections.abc import Sequence

from lakehouse.metrics.declaration import Metrics, View
from lakehouse.metrics.source import tables_of

INTRODUCTION = """# Metrics

Made from `lakehouse/metrics/*.yaml` by `make docs`; do not edit it. Each metric has one definition, which is published as a metric
view in the Spark catalogue: `SELECT country, week, MEASURE(net_revenue) FROM metrics.revenue GROUP BY ALL`, or
`python -m jobs.query --metric net_revenue --by country,week`. A query that a definition can't answer is refused. Numbers are cut at
the moment that the run which published the view looked from.
"""


def metrics_page(metrics: Metrics) -> str:
    """Return the page for every declared view."""
    contents = [f"- [{view.name}](#{view.name.replace('.', '')}): {view.comment}" for view in metrics.views]
    return "\n".join([INTRODUCTION, *contents, "", *(_section(view) for view in metrics.views)])


def _section(view: View) -> str:
    facts = [f"- Made from: {_names(tables_of(view.source))}"]
    facts += [f"- Only rows with: `{view.filter}`"] if view.filter else []
    facts += [f"- Time: {view.time.description}, by {_names(view.grains)}"] if view.time else ["- Time: none"]
    facts += [f"- One number exists for one value of each of {_names(view.each)}: name it, or group by it"] if view.each else []
    measures = _table(
        ["metric", "title", "unit", "owner", "definition", "description"], [_measure(view, m.name) for m in view.measures]
    )
    dimensions = _table(["dimension", "description"], [[f"`{d.name}`", d.description] for d in view.dimensions])
    return "\n".join(
        [f"## {view.name}", "", f"{view.comment}.", "", *facts, "", measures, "", *([dimensions, ""] if view.dimensions else [])]
    )


def _measure(view: View, name: str) -> list[str]:
    measure = view.metrics[name]
    ratio = measure.ratio
    text = measure.description + "".join(f"; = {' x '.join(names)}" for names in measure.factors)
    if measure.dimensions is not None:
        text += f"; by {_names(view.dimensions_of(measure))} only"
    definition = f"{ratio.of} / {ratio.to}" if ratio else str(measure.expr)
    return [f"`{name}`", measure.title, measure.unit, measure.owner, f"`{definition}`", text]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
