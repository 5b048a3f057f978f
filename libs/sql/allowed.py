"""The functions and operators that the SQL of declarations may use: those that every engine which evaluates it computes alike.

Conditions of funnels and metrics are computed by Spark, by Sail and, as `libs.sql.translated` says it, by DuckDB; the SQL of
sources, over text, by Spark and Sail alone. `tests/equal_functions` shows each function equal over a table of awkward values.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types

from libs.sql.arguments import argument_faults
from libs.sql.compared import COMPARED, parts_of

Parts = tuple[type[exp.Expr], ...]
LOGIC: Final[Parts] = (exp.And, exp.Or, exp.Not, exp.Is, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
LOGIC_OF_NULLS: Final[Parts] = (exp.NullSafeEQ, exp.NullSafeNEQ, exp.Between, exp.In, exp.Like, exp.Escape)
CONDITIONAL: Final[Parts] = (exp.Case, exp.If, exp.Coalesce, exp.Nullif)
NUMBERS: Final[Parts] = (exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Div, exp.Mod, exp.Abs, exp.Round, exp.Sqrt)
WHOLE_NUMBERS: Final[Parts] = (exp.SafeAdd, exp.SafeSubtract, exp.SafeMultiply)
TEXT: Final[Parts] = (exp.Trim, exp.Length, exp.Concat, exp.DPipe, exp.ConcatWs, exp.Left, exp.Right, exp.Substring)
TEXT_PARTS: Final[Parts] = (exp.StrPosition, exp.Contains, exp.StartsWith, exp.EndsWith, exp.Replace, exp.SplitPart, exp.MD5)
# Fields of a JSON object, which are text, whole numbers, true or false: other numbers are written differently.
JSON: Final[Parts] = (exp.JSONExtractScalar,)
PATTERNS: Final[Parts] = (exp.RegexpLike, exp.RegexpReplace, exp.RegexpExtract)
TIME: Final[Parts] = (exp.Year, exp.Quarter, exp.Month, exp.Day, exp.DayOfMonth, exp.DayOfYear, exp.DayOfWeek, exp.WeekOfYear)
TIME_PARTS: Final[Parts] = (exp.Hour, exp.Minute, exp.TimestampTrunc, exp.TsOrDsToDate, exp.TsOrDsAdd, exp.DateDiff, exp.LastDay)
AGGREGATE: Final[Parts] = (exp.Count, exp.CountIf, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.ArgMax, exp.ArgMin, exp.Filter)
OF_BOOLEANS: Final[Parts] = (exp.LogicalAnd, exp.LogicalOr)
STRUCTS: Final[Parts] = (exp.Struct, exp.PropertyEQ)
CASTS: Final[Parts] = (exp.Cast, exp.TryCast)
EVERYWHERE: Final[frozenset[type[exp.Expr]]] = frozenset(
    LOGIC + LOGIC_OF_NULLS + CONDITIONAL + NUMBERS + TEXT + TEXT_PARTS + PATTERNS + TIME + TIME_PARTS + AGGREGATE + OF_BOOLEANS
) | {*STRUCTS, *CASTS, *JSON, *WHOLE_NUMBERS}
# Of sources alone: DuckDB has none, or another.
TEXT_IN_SOURCES: Final[Parts] = (exp.Lower, exp.Upper, exp.SubstringIndex, exp.SHA2, exp.JSONFormat)
IN_SOURCES: Final = EVERYWHERE - {*AGGREGATE, *OF_BOOLEANS} | {*TEXT_IN_SOURCES}
# Those of which sqlglot knows the name alone. Numbers of milliseconds and seconds are held within bounds before they are asked.
NAMED: Final = frozenset({"try_parse_json"})
NAMED_IN_SOURCES: Final = NAMED | {"try_to_timestamp", "timestamp_micros", "timestamp_millis", "timestamp_seconds"}

# Queries within an expression, and parts of structs, of which a text is not known to be one.
NO_VALUES: Final[Parts] = (exp.Query, exp.Dot)

NOT_ALIKE: Final = "is not computed alike by every engine"
ONLY: Final = "is computed alike by every engine only"
Casts = Mapping[str, frozenset[str]]
WHOLE = frozenset({"BOOLEAN", "SMALLINT", "INT", "BIGINT"})
# From which types a cast to another gives the same.
FROM: Final[Casts] = {
    "DOUBLE": WHOLE | {"DECIMAL", "DOUBLE"},
    "BIGINT": WHOLE,
    "DECIMAL": WHOLE | {"DECIMAL"},
    "DATE": frozenset({"DATE", "TIMESTAMP", "TIMESTAMPTZ"}),
    "TEXT": WHOLE | {"DECIMAL", "DATE", "TEXT", "VARCHAR"},
}
# A field's type is not known: it is text.
FIELD = frozenset({"UNKNOWN", "TEXT", "VARCHAR"})
FROM_IN_SOURCES: Final[Casts] = {
    **FROM,
    "DOUBLE": FROM["DOUBLE"] | FIELD,
    "DECIMAL": FROM["DECIMAL"] | {"DOUBLE"},
    "BIGINT": FROM["BIGINT"] | FIELD,
    "INT": WHOLE | FIELD,
    "TIMESTAMP": FIELD,
    "TIMESTAMPTZ": FIELD,
}


def faults(sql: str, types: Mapping[str, str]) -> list[str]:
    """Why a condition or an expression of a metric may not be `sql`, a text for each fault; `types` are those of its columns.

    Raises sqlglot.errors.ParseError where it can't be read.
    """
    return faults_in(_typed(sql, types))


def faults_in(query: exp.Expr) -> list[str]:
    """The same of a query whose types were inferred (`annotate_types`)."""
    return list(dict.fromkeys(_faults(query, Rules())))


def faults_in_source(sql: str) -> list[str]:
    """Why the SQL of a source may not be `sql`, likewise; its fields are text."""
    typed = annotate_types(sqlglot.parse_one(sql, dialect="spark"), dialect="spark")
    found = [f"`{node.sql(dialect='spark')}` {NOT_ALIKE}" for node in typed.find_all(*NO_VALUES)]
    return list(dict.fromkeys([*found, *_faults(typed, Rules(IN_SOURCES, NAMED_IN_SOURCES, FROM_IN_SOURCES))]))


@dataclass(frozen=True)
class Rules:
    """What is alike: functions and operators, those that sqlglot knows by their names alone, and casts."""

    known: frozenset[type[exp.Expr]] = EVERYWHERE
    named: frozenset[str] = NAMED
    casts: Casts = field(default_factory=lambda: FROM)


def _typed(sql: str, types: Mapping[str, str]) -> exp.Expr:
    query = exp.select(sqlglot.parse_one(sql, dialect="spark")).from_("source")
    for column in query.find_all(exp.Column):
        column.set("table", exp.to_identifier("source"))
    return annotate_types(query, schema={"source": dict(types)}, dialect="spark").selects[0]


def _faults(parsed: exp.Expr, rules: Rules) -> Iterator[str]:
    for node in parsed.walk():
        if isinstance(node, exp.Anonymous):
            if node.name.lower() not in rules.named:
                yield f"{node.name.lower()}() {NOT_ALIKE}"
        elif isinstance(node, exp.Func | exp.Binary | exp.Unary | exp.Between | exp.In) and not isinstance(
            node, exp.Paren | exp.Dot
        ):
            yield from _judged(node, rules)


def _judged(node: exp.Expr, rules: Rules) -> Iterator[str]:
    if type(node) not in rules.known:
        yield f"{_name(node)} {NOT_ALIKE}"
    elif isinstance(node, exp.Cast):
        yield from _cast(node, rules.casts)
    elif isinstance(node, exp.Div) and not _is_double(node.this):
        yield f"/ {ONLY} as `cast(… as double) / nullif(…, 0)`"
    elif isinstance(node, exp.Div | exp.Mod) and not _is_never_zero(node.expression):
        yield f"{'/' if isinstance(node, exp.Div) else '%'} {ONLY} by a number but 0, or by `nullif(…, 0)`"
    elif isinstance(node, exp.Avg) and not _is_double(node.this):
        yield f"avg() {ONLY} as `avg(cast(… as double))`"
    elif isinstance(node, exp.Round) and _kind(node.this) not in FROM["DECIMAL"]:
        yield f"round() {ONLY} of whole numbers and decimals"
    elif isinstance(node, COMPARED) and {"DOUBLE", "DECIMAL"} <= set(map(_kind, parts_of(node))):
        yield f"a comparison of a double {ONLY} with a double, as `cast(0.5 as double)` is"
    elif isinstance(node, WHOLE_NUMBERS) and not {_kind(node.this), _kind(node.expression)} <= {"BIGINT"}:
        yield f"{_name(node)} {ONLY} of numbers of type bigint"
    elif isinstance(node, exp.Substring) and not node.args["start"].is_number:
        yield f"substring() {ONLY} from a position that is a number"
    elif isinstance(node, exp.TsOrDsAdd) and node.expression.find(exp.Column):
        yield f"date_add() {ONLY} of days that are a number"
    else:
        yield from argument_faults(node)


def _name(node: exp.Expr) -> str:
    shown = node.sql(dialect="spark")
    called = re.match(r"(\w+)\(", shown)
    return f"{called[1].lower()}()" if called else f"`{shown}`"


def _cast(node: exp.Cast, casts: Casts) -> Iterator[str]:
    target, value = node.to.this.name, node.this
    is_literal = type(node) is exp.Cast and isinstance(value, exp.Literal)
    known = _kind(value)
    if not is_literal and known not in casts.get(target, ()):
        yield f"cast(… as {node.to.sql(dialect='spark').lower()}) of a value of type {known.lower()} {NOT_ALIKE}"


def _kind(node: exp.Expr) -> str:
    """The type of a value; a number with a point is a decimal, with an exponent a double, and the first moment of a week or the like a moment."""
    inner = node.this if isinstance(node, exp.Neg | exp.Paren) else node
    if isinstance(inner, exp.TimestampTrunc):
        return "TIMESTAMP"
    if isinstance(inner, exp.Literal) and inner.is_number:
        if "e" in inner.this.lower():
            return "DOUBLE"
        return "DECIMAL" if "." in inner.this else "INT"
    return str(inner.type.this.name) if inner.type else "UNKNOWN"


def _is_double(node: exp.Expr) -> bool:
    inner = node.unnest()
    return isinstance(inner, exp.Cast) and inner.to.this == exp.DataType.Type.DOUBLE


def _is_never_zero(node: exp.Expr) -> bool:
    inner = node.unnest()
    if isinstance(inner, exp.Nullif):
        return inner.expression.sql() == "0"
    return isinstance(inner, exp.Literal) and inner.is_number and float(inner.this) != 0
