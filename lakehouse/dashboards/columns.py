"""Columns and metrics as Superset's files describe them, from the declarations of tables and metric views."""

from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from lakehouse.catalogue.entry import Catalogue
from lakehouse.dashboards.joined import Joined
from lakehouse.metrics.declaration import Measure, View
from lakehouse.metrics.source import query_of
from libs.tables import Column, Table

TIMES = ("DATE", "TIMESTAMP")
# How numbers are shown, as d3-format writes it; a rate of 0 to 1 is shown in percent, zeros behind the point of a
# quantity are left out.
FORMATS = {
    "money": ",.2f",
    "count": ",d",
    "quantity": ",.3~f",
    "number": ",.2f",
    "percent": ".1%",
    "seconds": ",.0f",
}
_SPOKEN = {
    "psi_by_chance": "PSI by chance",
    "dau": "DAU",
    "wau": "WAU",
    "mau": "MAU",
    "aov": "AOV",
    "rfm_segment": "RFM segment",
    "as_of": "As of",
    "psi": "PSI",
}


def table_columns(table: Table) -> list[dict[str, Any]]:
    """The columns of a declared table."""
    return [_column(c.name, c.type.upper(), c.comment) for c in table.columns]


def view_columns(view: View, catalogue: Catalogue) -> list[dict[str, Any]]:
    """What a metric view may be grouped and filtered by; its measures are metrics, as they can't be selected as columns."""
    said = view.time.description if view.time else ""
    times = [_column(g, "DATE", said if g == "day" else f"first day of the {g}, of the {said}") for g in _times(view)]
    types = _types(view, catalogue)
    return [*times, *(_column(d.name, types[d.name], d.description) for d in view.dimensions)]


def joined_columns(joined: Joined, catalogue: Catalogue) -> list[dict[str, Any]]:
    """The columns of a join of tables, each with the description of the column that it comes from."""
    types = _types_of(query_of(joined.sql), catalogue)
    return [_column(name, types[name], _origin(joined.origins[name], catalogue).comment) for name in types]


def metric(measure: Measure) -> dict[str, Any]:
    """A measure as a saved metric."""
    return {
        "metric_name": measure.name,
        "verbose_name": measure.title,
        "metric_type": None,
        "expression": f"MEASURE(`{measure.name}`)",
        "description": f"{measure.description} [{measure.unit}; owner {measure.owner}]",
        "d3format": FORMATS[measure.format],
        "currency": None,
        "extra": None,
        "warning_text": None,
    }


def count_of_rows() -> dict[str, Any]:
    """The one saved metric of a plain table: other aggregates of its columns are defined in charts."""
    return {
        "metric_name": "rows",
        "verbose_name": "Rows",
        "metric_type": "count",
        "expression": "COUNT(*)",
        "description": "rows of the table",
        "d3format": FORMATS["count"],
        "currency": None,
        "extra": None,
        "warning_text": None,
    }


def title(name: str) -> str:
    """A column's name as displayed: `net_revenue` is "Net revenue"."""
    words = name.replace("_", " ")
    return _SPOKEN.get(name, words[:1].upper() + words[1:])


def _times(view: View) -> list[str]:
    """The day is always included; queries are bounded by it."""
    return list(dict.fromkeys(["day", *view.grains])) if view.time else []


def _column(name: str, kind: str, description: str) -> dict[str, Any]:
    return {
        "column_name": name,
        "verbose_name": title(name),
        "is_dttm": kind in TIMES,
        "is_active": True,
        "type": kind,
        "advanced_data_type": None,
        "groupby": True,
        "filterable": True,
        "expression": None,
        "description": description,
        "python_date_format": None,
        "datetime_format": None,
        "extra": None,
    }


def _origin(name: str, catalogue: Catalogue) -> Column:
    table, column = name.rsplit(".", 1)
    return next(c for c in catalogue[table].table.columns if c.name == column)


def _types(view: View, catalogue: Catalogue) -> dict[str, str]:
    """The type of every dimension, by the types of the source's columns."""
    if not view.dimensions:
        return {}
    rows = query_of(view.source).subquery("rows")
    return _types_of(sqlglot.select(*(f"{d.sql} as `{d.name}`" for d in view.dimensions), dialect="spark").from_(rows), catalogue)


def _types_of(query: exp.Query, catalogue: Catalogue) -> dict[str, str]:
    """The Spark type of every column of the query."""
    schema: dict[str, Any] = {}
    for table in query.find_all(exp.Table):
        columns = catalogue[f"{table.db}.{table.name}"].table.columns
        schema.setdefault(table.db, {})[table.name] = {c.name: c.type for c in columns}
    typed = annotate_types(qualify(query, schema=schema, dialect="spark"), schema=schema, dialect="spark")
    return {e.alias_or_name: e.type.sql(dialect="spark") if e.type else "STRING" for e in typed.selects}
