"""Declared views as Spark's metric views: their YAML, and their publication in the catalogue's schema `metrics`.

Spark 4.2 takes version 0.1 of the format, which knows source, filter, dimensions and measures, and no joins: tables are
joined by the source's query. Measures can't refer to each other there, so that a ratio is written out.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime

from lakehouse.catalog import Catalogue
from lakehouse.metrics.declaration import Metrics, View
from lakehouse.metrics.source import rendered, tables_of
from libs.store import Store

DIGEST = "lakehouse.definition"


def definition(view: View, catalogue: Catalogue, as_of: datetime, relation: Callable[[str], str] = str) -> str:
    """The view in Spark's format, as JSON, which is YAML. `relation` says how a table is read; numbers are cut at `as_of`."""
    dimensions = [{"name": d.name, "expr": d.sql} for d in view.dimensions]
    measures = [{"name": m.name, "expr": view.sql_of(m)} for m in view.measures]
    content = {
        "version": "0.1",
        "source": rendered(view.source, catalogue, as_of, relation),
        **({"filter": view.filter} if view.filter else {}),
        "dimensions": [*_times(view), *dimensions],
        "measures": measures,
    }
    return json.dumps(content, indent=1)


def create_statement(name: str, view: View, definition: str) -> str:
    """The SQL that makes the view under `name`, with what each column means."""
    said = [f"first day of the {t['name']}: {view.time.description}" for t in _times(view) if view.time]
    said += [d.description for d in view.dimensions]
    said += [f"{m.title}: {m.description} [{m.unit}; owner {m.owner}]" for m in view.measures]
    names = [t["name"] for t in _times(view)] + view.dimension_names + list(view.metrics)
    columns = ", ".join(f"`{n}` comment {literal(text)}" for n, text in zip(names, said, strict=True))
    properties = f"tblproperties ({literal(DIGEST)} = {literal(digest(view, definition))})"
    if "$$" in definition:
        raise ValueError(f"{view.name}: its SQL may not hold $$")
    return (
        f"create view if not exists {name} ({columns}) comment {literal(view.comment)} {properties} "
        f"with metrics language yaml as $$\n{definition}\n$$"
    )


def publish_views(store: Store, metrics: Metrics, catalogue: Catalogue, as_of: datetime) -> list[str]:
    """Make the catalogue's schema `metrics` hold exactly the declared views, cut at `as_of`; returns the names of those made anew.

    A view that is there with the same definition is left alone. One whose tables are not all made has to wait for them.
    """
    spark = store.spark
    spark.sql(f"create schema if not exists metrics location {literal(store.root + '/metrics')}")
    there = _published(store)
    wanted = {v.name: v for v in metrics.views if all(store.exists(table) for table in tables_of(v.source))}
    definitions = {name: definition(view, catalogue, as_of) for name, view in wanted.items()}
    stale = [n for n, d in there.items() if n not in wanted or d != digest(wanted[n], definitions[n])]
    for name in stale:
        spark.sql(f"drop view if exists {name}")
    made = [name for name in wanted if name in stale or name not in there]
    for name in made:
        spark.sql(create_statement(name, wanted[name], definitions[name]))
    return made


def digest(view: View, definition: str) -> str:
    """Changes whenever the view as it is published does."""
    return hashlib.sha256((view.model_dump_json() + definition).encode()).hexdigest()[:16]


def literal(text: str) -> str:
    """The text as an SQL string, whatever stands in it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def _times(view: View) -> list[dict[str, str]]:
    """The day, by which queries are bounded, and the other grains."""
    if view.time is None:
        return []
    others = [g for g in view.grains if g != "day"]
    truncated = [{"name": g, "expr": f"cast(date_trunc('{g}', {view.time.expr}) as date)"} for g in others]
    return [{"name": "day", "expr": view.time.expr}, *truncated]


def _published(store: Store) -> dict[str, str]:
    """The digest of each view that is there, by name; one query for all."""
    rows = store.spark.sql("show table extended in metrics like '*'").collect()
    found = {f"metrics.{row['tableName']}": re.search(rf"{re.escape(DIGEST)}=(\w+)", row["information"]) for row in rows}
    return {name: match.group(1) if match else "" for name, match in found.items()}
