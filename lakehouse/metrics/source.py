"""What a metric view reads: a table of the catalogue, or an SQL query over such; checked without a session.

In a query, `${net_revenue}` and the like are replaced by the expressions of `lakehouse.definitions.commerce`, so that revenue is defined
once. A table that declares when its facts happened is cut at the moment that the numbers are looked at from; a query never
filters by it.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from string import Template
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError, TokenError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from lakehouse.catalogue.entry import Catalogue
from lakehouse.definitions import commerce
from libs.sql.written import unreadable, written_faults
from libs.tables import Column

COMMERCE = {name.lower(): value for name, value in vars(commerce).items() if name.isupper()}


class SourceFault(ValueError):
    """The SQL of a declaration can't be taken; the message says why."""


def query_of(source: str) -> exp.Query:
    """The source as a query, a table's name as one that selects all of it. Raises SourceFault."""
    text = source.strip()
    if is_table(text):
        return _parsed(f"select * from {text}")  # type: ignore[return-value]
    parsed = _parsed(_filled(text))
    if not isinstance(parsed, exp.Query):
        raise SourceFault("a source is a table's name or a query (select ...)")
    return parsed


def is_table(source: str) -> bool:
    """Whether it is a table's name, and no query."""
    return " " not in source.strip() and "\n" not in source.strip()


def is_query(source: str) -> str:
    """Return `source`; raises SourceFault, a ValueError, when it is neither a table's name nor a query."""
    query_of(source)
    return source


def tables_of(source: str) -> list[str]:
    """Names of the tables that the source reads, each once, in order."""
    ctes = {cte.alias for cte in query_of(source).find_all(exp.CTE)}
    found = [f"{t.db}.{t.name}" if t.db else t.name for t in query_of(source).find_all(exp.Table)]
    return sorted({name for name in found if name not in ctes})


def types_of(query: exp.Query) -> dict[str, str]:
    """The columns of a `typed` query, each with its type where that follows from the tables' declarations, else 'unknown'."""
    return {s.alias_or_name: s.type.sql(dialect="spark").lower() if s.type else "unknown" for s in query.selects}


def typed(source: str, catalogue: Catalogue) -> exp.Query:
    """The source as a query with every column's table and type.

    Raises SourceFault for a table or column that is nowhere declared.
    """
    tables = tables_of(source)
    unknown = [name for name in tables if name not in catalogue]
    if unknown:
        raise SourceFault(f"table {_with_nearest(unknown[0], catalogue)}")
    schema: dict[str, Any] = {}
    for name in tables:
        layer, short = name.split(".", 1)
        columns = catalogue[name].table.columns
        schema.setdefault(layer, {})[short] = {c.name: c.type for c in columns}
    try:
        qualified = qualify(query_of(source), schema=schema, dialect="spark")
        return annotate_types(qualified, schema=schema, dialect="spark")
    except OptimizeError as error:
        raise SourceFault(str(error)) from None


def columns_of(source: str, catalogue: Catalogue) -> list[Column]:
    """The columns of the tables that the source reads, table by table."""
    return [column for name in tables_of(source) for column in catalogue[name].table.columns]


def rendered(source: str, catalogue: Catalogue, as_of: datetime) -> str:
    """The source as Spark SQL in one line, every table cut at `as_of`."""

    def read(node: exp.Expr) -> exp.Expr:
        name = f"{node.db}.{node.name}" if isinstance(node, exp.Table) else ""
        if name not in catalogue:
            return node
        event_time = catalogue[name].table.event_time
        rows = f"select * from {name}" + (f" where {event_time} < {moment(as_of)}" if event_time else "")
        return sqlglot.parse_one(rows, dialect="spark").subquery(node.alias or node.name)  # type: ignore[attr-defined]

    return query_of(source).transform(read).sql(dialect="spark")


def moment(at: datetime) -> str:
    """A timestamp as SQL, in UTC whatever the session's zone."""
    return f"timestamp'{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}Z'"


def literal(text: str) -> str:
    """The text as an SQL string, whatever it contains."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def check_scalar(sql: str, columns: Sequence[str]) -> None:
    """Raise SourceFault unless `sql` is an expression over one row of these columns."""
    parsed = _expression(sql)
    if next(parsed.find_all(exp.Query, exp.AggFunc, exp.Window), None) is not None:
        raise SourceFault(f"{sql!r} is about one row of the source; it holds no query, aggregate or window")
    _check_columns(parsed, columns)


def check_aggregate(sql: str, columns: Sequence[str]) -> None:
    """Raise SourceFault unless `sql` aggregates these columns."""
    parsed = _expression(sql)
    if next(parsed.find_all(exp.Query, exp.Window), None) is not None:
        raise SourceFault(f"{sql!r} is one aggregate over the source's rows; it holds no query or window")
    _check_columns(parsed, columns)
    loose = [c.sql() for c in parsed.find_all(exp.Column) if c.find_ancestor(exp.AggFunc, exp.Filter) is None]
    if loose or next(parsed.find_all(exp.AggFunc), None) is None:
        raise SourceFault(f"{sql!r} is no aggregate{f': {loose[0]} is outside one' if loose else ''}")


def _check_columns(parsed: exp.Expr, columns: Sequence[str]) -> None:
    unknown = [c for c in parsed.find_all(exp.Column) if c.table or c.name not in columns]
    if unknown:
        raise SourceFault(f"column {_with_nearest(unknown[0].sql(dialect='spark').strip('`'), columns)}")


def _with_nearest(name: str, known: Iterable[str]) -> str:
    among = sorted(known)
    near = get_close_matches(name, among, n=3)
    return f"{name} is not in the source; " + (f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(among)}")


def _expression(sql: str) -> exp.Expr:
    parsed, ends = _parsed(sql), next(written_faults(sql), None)
    if ends:
        raise SourceFault(f"{sql!r}: {ends}")
    return parsed


def _parsed(sql: str) -> exp.Expr:
    try:
        return sqlglot.parse_one(sql, dialect="spark")
    except (ParseError, TokenError) as error:
        raise SourceFault(unreadable(sql, "no SQL", error)) from None


def _filled(text: str) -> str:
    try:
        return Template(text).substitute(COMMERCE)
    except (KeyError, ValueError) as error:
        raise SourceFault(f"{error}: no expression of that name; there are {', '.join(sorted(COMMERCE))}") from None
