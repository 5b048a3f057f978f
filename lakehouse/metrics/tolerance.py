"""Metric views whose SQL gives null where a value breaks it (`libs.sql.tolerant`), so that it ends no answer and no view."""

from collections.abc import Mapping
from datetime import datetime

from sqlglot import exp

from lakehouse.catalogue.entry import Catalogue
from lakehouse.metrics.declaration import Measure, View
from lakehouse.metrics.digits import Decimals, decimals_of, with_digits
from lakehouse.metrics.source import columns_of, is_table, query_of, rendered, typed, types_of
from libs.sql.allowed import faults, faults_in
from libs.sql.tolerant import tolerant


def without_errors(view: View, catalogue: Catalogue) -> View:
    """The view with such SQL over one row of its source, and such measures; its `source` is the one that was declared."""
    types = _types(view, catalogue)

    def of(sql: str) -> str:
        # What is not computed alike runs on Spark alone.
        return tolerant(sql, types, everything=bool(faults(sql, types)))

    def of_measure(measure: Measure) -> Measure:
        return measure.model_copy(update={"expr": of(measure.expr)}) if measure.expr else measure

    return view.model_copy(
        update={
            "filter": of(view.filter) if view.filter else None,
            "time": view.time.model_copy(update={"expr": of(view.time.expr)}) if view.time else None,
            "dimensions": tuple(d.model_copy(update={"expr": of(d.expr)}) if d.expr else d for d in view.dimensions),
            "measures": tuple(map(of_measure, view.measures)),
        }
    )


def source_without_errors(source: str, catalogue: Catalogue, as_of: datetime) -> str:
    """The source as Spark SQL in one line, every table cut at `as_of`, with such SQL."""
    sql = rendered(source, catalogue, as_of)
    if is_table(source):
        return sql
    types = {**_of_tables(source, catalogue), **decimals_in(source, catalogue).types}
    return tolerant(with_digits(sql, types), types, everything=bool(faults_in(typed(source, catalogue))))


def decimals_in(source: str, catalogue: Catalogue) -> Decimals:
    """What names of the source's query are, as to decimals; of a table its declaration says it."""
    if is_table(source):
        return Decimals()
    found = decimals_of(query_of(source).sql(dialect="spark"), columns_of(source, catalogue))
    given = {name.lower() for name, kind in types_of(typed(source, catalogue)).items() if bare(kind) == "decimal"}
    return Decimals(found.types, found.unknown | (given - found.types.keys()))


def _types(view: View, catalogue: Catalogue) -> dict[str, str]:
    """Those of the source's columns. How many digits a query's decimals have is not sqlglot's to say."""
    found = types_of(typed(view.source, catalogue))
    known = decimals_in(view.source, catalogue).types
    return found if is_table(view.source) else {name: known.get(name.lower(), bare(kind)) for name, kind in found.items()}


def bare(kind: str) -> str:
    """The type without digits."""
    return kind.partition("(")[0]


def _of_tables(source: str, catalogue: Catalogue) -> Mapping[str, str]:
    """Types of the columns of the query's tables, without names that mean something else somewhere in it."""
    columns = columns_of(source, catalogue)
    made = {alias.alias.lower() for alias in query_of(source).find_all(exp.Alias)}
    several = {c.name for c in columns if len({other.type for other in columns if other.name == c.name}) > 1}
    return {c.name: c.type for c in columns if c.name.lower() not in made and c.name not in several}
