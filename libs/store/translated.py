"""SQL as declarations write it, Spark's, in the language of DuckDB."""

from functools import cache

import sqlglot


@cache
def duckdb_of(expression: str) -> str:
    """The expression or query in DuckDB's SQL. Raises sqlglot.errors.ParseError where it can't be read."""
    return sqlglot.transpile(expression, read="spark", write="duckdb")[0]
