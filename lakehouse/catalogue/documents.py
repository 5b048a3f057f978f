"""The data dictionary: every table as its declaration and its module's docstring describe it, as Markdown.

It is generated from declarations alone: no session, no clock, in the catalogue's order, so that the same code gives the same text.
"""

from collections.abc import Iterable, Sequence

from lakehouse.catalogue.entry import Catalogue, Entry
from libs.tables import Arrivals, ByJob, Full, Merge, Refresh, Rejected, RunLog, Slices, Table

LAYERS = ("bronze", "quarantine", "silver", "gold")
INTRODUCTION = """# Data dictionary

Generated from the declarations by `make docs`; do not edit it. Tables are listed by layer, each with its meaning, how it is
refreshed, its columns, and its expectations, which are checked before a version is published: where a *fail* is not met, the
version is not published; a *warn* is reported. [Metrics](metrics.md) lists the metrics that are defined on them, and
[Features](features.md) what the churn model is given.

![Lineage](lineage.svg)
"""


def data_dictionary(catalogue: Catalogue) -> str:
    """Return the page for every table of the catalogue."""
    parts = [INTRODUCTION]
    for layer in LAYERS:
        entries = sorted((e for e in catalogue.values() if e.table.layer == layer), key=lambda e: e.table.name)
        if entries:
            parts.append(_contents(layer, entries))
            parts += [_section(entry) for entry in entries]
    return "\n".join(parts)


def refresh_in_words(refresh: Refresh) -> str:
    """How a table is refreshed, as a sentence."""
    match refresh:
        case Full(on_as_of=True):
            return "Recomputed in full when a source changed or the run is as of another moment."
        case Full():
            return "Recomputed in full when a source changed."
        case RunLog():
            return "Every run appends rows."
        case Arrivals():
            return "Rows of a source's files are appended as they came."
        case Rejected():
            return "Rejected rows are appended, and deleted once they are accepted."
        case ByJob():
            return f"The job `{refresh.job}` upserts the rows by primary key."
        case Merge():
            return f"Rows of every source's contract for `{refresh.entity}`, merged by primary key; the latest arrival wins."
        case Slices():
            back = f", and the {refresh.lookback_days} days after each" if refresh.lookback_days else ""
            return f"Only slices by `{refresh.by}` are recomputed: those that a change of its sources touches{back}{_ahead(refresh)}."


def _ahead(slices: Slices) -> str:
    """Which slices before those that changed are touched."""
    if callable(slices.lookahead_days):
        return ", and those before each whose declared window includes it"
    return f", and the {slices.lookahead_days} days before each" if slices.lookahead_days else ""


def _contents(layer: str, entries: Iterable[Entry]) -> str:
    lines = [f"- [{e.table.name}](#{e.table.name.replace('.', '')}): {_text(e.table.comment)}" for e in entries]
    return "\n".join([f"## {layer.capitalize()}", "", *lines, ""])


def _section(entry: Entry) -> str:
    table = entry.table
    facts = [f"- Primary key: {_names(table.primary_key)}", f"- Refresh: {refresh_in_words(table.refresh)}"]
    if entry.reads:
        facts.append(f"- Depends on: {_names(entry.reads)}")
    if table.event_time:
        facts.append(f"- Event time: `{table.event_time}`")
    return "\n".join(
        [f"### {table.name}", "", entry.meaning or table.comment, "", *facts, "", *_columns(table), "", *_expectations(table)]
    )


def _columns(table: Table) -> Sequence[str]:
    lines = ["| column | type | unit | description |", "|---|---|---|---|"]
    for column in table.columns:
        described = _text(column.description) + ("" if column.nullable else " (never empty)")
        lines.append(f"| `{column.name}` | {column.type} | {_text(column.unit or '')} | {described} |")
    return lines


def _expectations(table: Table) -> Sequence[str]:
    if not table.expectations:
        return []
    lines = [f"- {e.severity}: `{e.condition}`" + (f" ({e.meaning})" if e.meaning else "") for e in table.expectations]
    return ["Expectations:", "", *lines, ""]


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _text(text: str) -> str:
    """Text that does not end a cell."""
    return text.replace("|", "\\|")
