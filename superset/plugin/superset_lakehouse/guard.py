"""The guard of Superset's queries: they read only the published schemas, and call nothing that reaches outside Spark SQL.

A chart takes SQL expressions from every user who may see its dataset, and Superset checks functions in SQL Lab only. In Spark a plain
SELECT can call Java (`java_method`), read any file (a path as a table) and start programs (`TRANSFORM ... USING`).
"""

from collections.abc import Collection, Iterator
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

READING = (exp.Query, exp.Show, exp.Describe, exp.Use)
READING_COMMANDS = ("SHOW", "EXPLAIN")


def refusal(sql: str, schemas: Collection[str], functions: Collection[str]) -> str | None:
    """Why the query is refused, in one line, or None. It may read `schemas` and may not call `functions` (lower case)."""
    try:
        statements = [statement for statement in sqlglot.parse(sql, dialect="spark") if statement is not None]
    except SqlglotError:
        return "the query can't be parsed as Spark SQL"
    return next((why for statement in statements for why in _faults(statement, schemas, functions)), None)


def _faults(statement: Any, schemas: Collection[str], functions: Collection[str]) -> Iterator[str]:
    if not _only_reads(statement):
        yield "only queries that read are allowed"
    if statement.find(exp.QueryTransform):
        yield "TRANSFORM starts a program; it is not allowed"
    for called in statement.find_all(exp.Func):
        name = (called.name if isinstance(called, exp.Anonymous) else called.sql_name()).lower()
        if name in functions:
            yield f"function {name} is refused"
    for table in statement.find_all(exp.Table):
        if table.catalog or (table.db and table.db.lower() not in schemas) or "/" in table.name:
            yield f"table {table.sql(dialect='spark')} is not in {', '.join(sorted(schemas))}"


def _only_reads(statement: Any) -> bool:
    if isinstance(statement, exp.Command):
        return str(statement.this).upper() in READING_COMMANDS
    written = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Into)
    return isinstance(statement, READING) and statement.find(*written) is None
