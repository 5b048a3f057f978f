"""Declared views as Spark's metric views: their YAML, and their publication in the catalogue's schema `metrics`.

Spark 4.2 takes version 0.1 of the format, which knows source, filter, dimensions and measures, and no joins: tables are
joined by the source's query. Measures can't refer to each other there, so that a ratio is written out.
"""

import hashlib
import json
import re
from datetime import datetime

from pyspark.errors import AnalysisException

from lakehouse.catalogue.entry import Catalogue
from lakehouse.metrics.declaration import Metrics, View
from lakehouse.metrics.source import literal, tables_of
from lakehouse.metrics.tolerance import source_without_errors, without_errors
from libs.errors import InputError
from libs.store.port import Store

DIGEST = "lakehouse.definition"


def definition(view: View, catalogue: Catalogue, as_of: datetime) -> str:
    """The view in Spark's format, as JSON, which is YAML; numbers are cut at `as_of`, and what a value breaks is null."""
    view = without_errors(view, catalogue)
    measures = [{"name": m.name, "expr": view.sql_of(m)} for m in view.measures]
    content = {
        "version": "0.1",
        "source": source_without_errors(view.source, catalogue, as_of),
        **({"filter": view.filter} if view.filter else {}),
        "dimensions": [{"name": name, "expr": sql} for name, sql in view.groups.items()],
        "measures": measures,
    }
    return json.dumps(content, indent=1)


def create_statement(name: str, view: View, definition: str, digest: str) -> str:
    """The SQL that makes the view under `name`, with what each column means, and the digest of what it is made from."""
    said = [said for _, said in view.times.values()]
    said += [d.description for d in view.dimensions]
    said += [f"{m.title}: {m.description} [{m.unit}; owner {m.owner}]" for m in view.measures]
    names = [*view.groups, *view.metrics]
    columns = ", ".join(f"`{n}` comment {literal(text)}" for n, text in zip(names, said, strict=True))
    properties = f"tblproperties ({literal(DIGEST)} = {literal(digest)})"
    if "$$" in definition:
        raise ValueError(f"{view.name}: its SQL may not hold $$")
    return (
        f"create view if not exists {name} ({columns}) comment {literal(view.comment)} {properties} "
        f"with metrics language yaml as $$\n{definition}\n$$"
    )


def make(store: Store, name: str, view: View, definition: str, digest: str) -> None:
    """Make the view under `name`; raises InputError, one line, when Spark can't take what the declaration says."""
    try:
        store.spark.sql(create_statement(name, view, definition, digest))
    except AnalysisException as error:
        raise InputError(f"{view.name}: Spark refuses its definition: {str(error).strip().splitlines()[0]}") from error


def publish_views(store: Store, metrics: Metrics, catalogue: Catalogue, as_of: datetime) -> list[str]:
    """Publish the declared views in the catalog's schema `metrics`, cut at `as_of`; returns those that were recreated.

    A view that is there with the same definition is left alone, one that is declared no more is dropped, and others' views are
    not touched. A view whose tables are not all made waits for them. Raises InputError as `make` does.
    """
    store.spark.sql(f"create schema if not exists metrics location {literal(store.root + '/metrics')}")
    wanted = {v.name: v for v in metrics.views if all(store.exists(table) for table in tables_of(v.source))}
    definitions = {name: definition(view, catalogue, as_of) for name, view in wanted.items()}
    digests = {name: digest(view, definitions[name], catalogue) for name, view in wanted.items()}
    of_all = _digest(json.dumps(digests, sort_keys=True))
    if of_all in _said_of_schema(store):
        return []
    there = _published(store)
    for name in [n for n, published in there.items() if published != digests.get(n) and (published or n in wanted)]:
        store.spark.sql(f"drop view {name}")
    made = [name for name in wanted if there.get(name) != digests[name]]
    for name in made:
        make(store, name, wanted[name], definitions[name], digests[name])
    store.spark.sql(f"alter schema metrics set dbproperties ({literal(DIGEST)} = {literal(of_all)})")
    return made


def digest(view: View, definition: str, catalogue: Catalogue) -> str:
    """Changes whenever the view as it is published does, or a type of its tables: Spark stores those that it was made with."""
    types = [[name, [c.type for c in catalogue[name].table.columns]] for name in sorted(tables_of(view.source))]
    return _digest(view.model_dump_json() + definition + json.dumps(types))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _said_of_schema(store: Store) -> str:
    """The schema's properties, among them what all its views were made from: one look, where nothing changed."""
    rows = store.spark.sql("describe schema extended metrics").collect()
    return next((row["info_value"] for row in rows if row["info_name"] == "Properties"), "")


def _published(store: Store) -> dict[str, str]:
    """The digest of each view that is there, by name; one query for all."""
    rows = store.spark.sql("show table extended in metrics like '*'").collect()
    found = {f"metrics.{row['tableName']}": re.search(rf"{re.escape(DIGEST)}=(\w+)", row["information"]) for row in rows}
    return {name: match.group(1) if match else "" for name, match in found.items()}
