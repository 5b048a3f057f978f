"""Definitions of metrics in words. They are of the declarations alone, so that nothing of Spark is imported for them."""

from lakehouse.metrics.declaration import Measure, View
from lakehouse.metrics.source import tables_of


def meaning(view: View, measure: Measure) -> str:
    """What a metric is, in one line."""
    return f"{measure.name}: {measure.description} [{measure.unit}; owner {measure.owner}; {view.name}]"


def described(view: View, measure: Measure) -> str:
    """All that the declaration says about a metric."""
    ratio = measure.ratio
    facts = {
        "meaning": measure.description,
        "unit": f"{measure.unit}, shown as {measure.format}",
        "owner": measure.owner,
        "definition": f"{ratio.of} / {ratio.to}" if ratio else str(measure.expr),
        "view": f"{view.name}, made from {', '.join(tables_of(view.source))}" + (f", where {view.filter}" if view.filter else ""),
        "dated by": view.time.description if view.time else "no time",
        "by": ", ".join([*view.grains_of(measure), *view.dimensions_of(measure)]) or "nothing: it is one number",
        "for one": ", ".join(view.each),
        "product of": "; ".join(" x ".join(names) for names in measure.factors),
    }
    dimensions = [f"  {d.name}: {d.description}" for d in view.dimensions if d.name in view.dimensions_of(measure)]
    lines = [f"  {name}: {value}" for name, value in facts.items() if value]
    return "\n".join([f"{measure.name} ({measure.title})", *lines, *(["dimensions:", *dimensions] if dimensions else [])])
