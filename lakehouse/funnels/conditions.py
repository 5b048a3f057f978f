"""Conditions of steps: SQL over the columns of one event, checked when read, so that an invalid one does not fail in Spark during a run."""

from collections.abc import Iterator
from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from lakehouse.silver import events
from libs.sql.allowed import faults
from libs.sql.compared import comparison_faults
from libs.sql.tolerant import tolerant
from libs.sql.translated import duckdb_of
from libs.sql.written import unreadable, written_faults
from libs.tables import DATE, LONG, MONEY, STRING, TIMESTAMP

COLUMNS = {c.name: c.type for c in events.TABLE.columns if not c.name.startswith("_")}
# Of each type one, as DuckDB writes it.
VALUES = {STRING: "'1'", LONG: "1", MONEY: "1", DATE: "'2026-01-31'", TIMESTAMP: "'2026-01-31 10:00:00+00'"}
# Where sqlglot can't infer a type, Spark decides.
BOOLEAN = {exp.DataType.Type.BOOLEAN, exp.DataType.Type.NULL, exp.DataType.Type.UNKNOWN}


@cache
def condition(sql: str) -> str:
    """Return `sql`; raises ValueError when it is not a condition over the columns of one event that every engine computes alike.

    It becomes one that is null, and the event does not fit, where it can't be computed (`libs.sql.tolerant`). Each text is checked once,
    which takes a database: declarations are read several times in a run, and steps share conditions.
    """
    try:
        parsed = sqlglot.parse_one(sql, dialect="spark")
    except (ParseError, TokenError) as error:
        raise ValueError(unreadable(sql, "not an SQL condition", error)) from None
    ends = next(written_faults(sql), None)
    if ends:
        raise ValueError(f"{sql!r}: {ends}")
    if next(parsed.find_all(exp.Query, exp.AggFunc, exp.Window), None) is not None:
        raise ValueError(f"{sql!r}: a condition is about one event; it can't have a query, aggregate or window")
    unknown = sorted({c.sql() for c in parsed.find_all(exp.Column) if c.table or c.name.lower() not in COLUMNS})
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: {not_a_column()}")
    _check_is_true_or_false(sql)
    ends = next(comparison_faults(sql, COLUMNS), None)
    if ends:
        raise ValueError(ends)
    unlike = faults(sql, COLUMNS)
    if unlike:
        raise ValueError(f"{sql!r}: {unlike[0]}: use another, as DuckDB checks what Spark counts, with ENGINE=spark too")
    made = tolerant(sql, COLUMNS)
    _check_is_computed(sql, made)
    return made


def not_a_column() -> str:
    """The error for a name that is not a column of events."""
    return f"not a column of {events.TABLE.name}, which has {', '.join(sorted(COLUMNS))}"


def _check_is_true_or_false(sql: str) -> None:
    try:
        query = exp.select("*").from_("events").where(sql, dialect="spark")
    except ParseError as error:
        raise ValueError(unreadable(sql, "not an SQL condition", error)) from None
    schema: dict[str, object] = {"events": COLUMNS}
    typed = annotate_types(qualify(query, schema=schema, dialect="spark", validate_qualify_columns=False), schema=schema)
    for part in _that_decide(typed.args["where"].this):
        if part.type is not None and part.type.this not in BOOLEAN:
            shown = part.sql("spark").replace("`events`.", "").replace("`", "")
            raise ValueError(f"{sql!r}: {shown} is of type {part.type.sql('spark').lower()}, not boolean")


def _check_is_computed(sql: str, made: str) -> None:
    """Computes it for one event, by the engine that checks what the other counts: a function that it has not, or a text as a day, is seen."""
    # When declarations are read, and for those of conditions alone.
    import duckdb

    columns = ", ".join(
        f"cast({VALUES[kind]} as {kind.replace('timestamp', 'timestamptz')}) as {name}" for name, kind in COLUMNS.items()
    )
    with duckdb.connect() as connection:
        try:
            connection.execute(f"select ({duckdb_of(made)}) from (select {columns})").fetchall()
        except duckdb.Error as error:
            raise ValueError(f"{sql!r} can't be computed: {str(error).splitlines()[0]}") from None


def _that_decide(expression: exp.Expr) -> Iterator[exp.Expr]:
    """The expression, or where it joins others by AND, OR and NOT, these."""
    if isinstance(expression, exp.Connector):
        yield from _that_decide(expression.left)
        yield from _that_decide(expression.right)
    elif isinstance(expression, exp.Not | exp.Paren):
        yield from _that_decide(expression.this)
    else:
        yield expression


def fits(event_type: str, where: str | None) -> str:
    """Whether an event is of the type and meets the condition, if any, as SQL of DuckDB over its columns; null counts as false."""
    is_of_type = f"event_type = {exp.Literal.string(event_type).sql(dialect='duckdb')}"
    return f"{is_of_type} and ({duckdb_of(where)})" if where else is_of_type
