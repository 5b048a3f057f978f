"""SQL as declarations write it, Spark's, in the language of DuckDB."""

from functools import cache

import sqlglot
from sqlglot import exp


@cache
def duckdb_of(expression: str) -> str:
    """The expression or query in DuckDB's SQL. Raises sqlglot.errors.ParseError where it can't be read."""
    return sqlglot.parse_one(expression, dialect="spark").transform(_as_spark_means_it).sql(dialect="duckdb")


def _as_spark_means_it(node: exp.Expr) -> exp.Expr:
    """What sqlglot alone would give another meaning."""
    match node:
        case exp.CountIf(this=condition):
            # Of no row 0, where DuckDB's own says null.
            return exp.Count(this=exp.Case(ifs=[exp.If(this=condition, true=exp.Literal.number(1))]))
        case exp.ArgMax(this=value, expression=by):
            # Null where the greatest row's value is, which DuckDB's own would pass over.
            return exp.func("arg_max_null", value, by)
        case exp.ArgMin(this=value, expression=by):
            return exp.func("arg_min_null", value, by)
        case _:
            return node
