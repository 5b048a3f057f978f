"""Rules and figures as declarations write them, in Spark's SQL, for DuckDB: what both are known to answer alike, and nothing else.

Each kind of expression in `ALIKE` is shown by tests to give what Spark gives in ANSI mode, an error included. Another would be
translated too, but perhaps to something else: a division by zero, for instance, would be null instead of an error.
Multiplication is left out for the sake of decimals, which DuckDB multiplies in fewer digits. A sum of bigints that is beyond a
bigint is an error of Spark's alone: DuckDB answers it.
"""

from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.errors import SqlglotError
from sqlglot.parsers.spark import SparkParser

from libs.store.staged import NotEvaluable

ALIKE: tuple[type[exp.Expr], ...] = (
    *(exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean, exp.Paren, exp.DataType, exp.DataTypeParam),
    *(exp.And, exp.Or, exp.Not, exp.Is, exp.Case, exp.If, exp.Coalesce, exp.In, exp.Between),
    *(exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.LT, exp.LTE, exp.GT, exp.GTE),
    *(exp.Add, exp.Sub, exp.Neg),
    *(exp.Count, exp.CountIf, exp.Distinct, exp.Struct, exp.PropertyEQ, exp.Sum, exp.Min, exp.Max),
)
DAYS = (exp.DataType.Type.DATE,)


class AnsiParser(SparkParser):
    """Tells `cast` from `try_cast`."""

    STRICT_CAST = True


class AnsiSpark(Spark):
    """Spark's SQL as sessions run it here: a cast that fails is an error."""

    Parser = AnsiParser


@cache
def rule_sql(expression: str) -> str:
    """The expression in DuckDB's SQL. Raises NotEvaluable where it can't be read, or might mean something else there."""
    try:
        parsed = sqlglot.parse_one(expression, dialect=AnsiSpark)
    except SqlglotError as error:
        raise NotEvaluable(f"{expression} can't be read as SQL") from error
    other = next((node for node in parsed.walk() if not _is_alike(node)), None)
    if other is not None:
        reason = f"{other.sql(dialect=Spark)} is not among what DuckDB and Spark are known to answer alike"
        raise NotEvaluable(f"{reason}: write it otherwise, or run with LAKEHOUSE_ENGINE=spark")
    # Quoted, since a column may be named as a word that only one of the two reserves.
    return parsed.transform(_strict).sql(dialect="duckdb", identify=True)


def _strict(node: exp.Expr) -> exp.Expr:
    """Of a text that is no date, null would be made."""
    return exp.cast(node.this, "date") if isinstance(node, exp.TsOrDsToDate) else node


def _is_alike(node: exp.Expr) -> bool:
    match node:
        case exp.TryCast():
            return False
        case exp.Cast():
            return node.to.this in DAYS or _is_double(node)
        case exp.TsOrDsToDate():
            return not node.args.get("format")
        case exp.AddMonths():
            return True
        case _:
            return type(node) in ALIKE


def _is_double(node: exp.Cast) -> bool:
    """Whether it is a number as a double, which one with an exponent is."""
    value = node.this.this if isinstance(node.this, exp.Neg) else node.this
    return node.to.this == exp.DataType.Type.DOUBLE and isinstance(value, exp.Literal) and value.is_number
