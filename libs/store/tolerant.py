"""SQL as declarations write it, so that a value which it can't be computed of gives null, and does not end the run.

Engines in ANSI mode end a query at a text that is no number, a division by zero, a number beyond its type, or half a JSON. What
is written here instead is the same wherever the original gives a value: `cast` is `try_cast`, `a * b` of whole numbers
`try_multiply`, a text that is compared with a number is read as one first, by `try_cast`, as the engine would by `cast`.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import sqlglot
from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.spark import SparkParser

# A form that differs in nothing but what it gives where the other raises.
RENAMED: Final = {
    "element_at": "try_element_at",
    "make_timestamp": "try_make_timestamp",
    "parse_json": "try_parse_json",
    "to_binary": "try_to_binary",
    "to_number": "try_to_number",
    "to_timestamp": "try_to_timestamp",
    "url_decode": "try_url_decode",
}
TYPES_AS_FUNCTIONS: Final = ("bigint", "boolean", "date", "double", "float", "int", "smallint", "timestamp", "tinyint")
# Of how many microseconds one is: a number of them beyond 64 bits is an error.
MOMENTS: Final = {"timestamp_seconds": 1_000_000, "timestamp_millis": 1_000}
TEXTS: Final = frozenset(
    {
        "concat",
        "concat_ws",
        "get_json_object",
        "left",
        "lower",
        "regexp_extract",
        "regexp_replace",
        "replace",
        "right",
        "split_part",
    }
    | {"substring_index", "upper"}
)
WHOLE: Final = frozenset({"BIGINT", "INT", "SMALLINT", "TINYINT"})
# Under which a node's meta holds the SQL that is true where a value breaks it.
BROKEN: Final = "broken"
ARITHMETIC: Final[Mapping[type[exp.Expr], str]] = {exp.Add: "try_add", exp.Sub: "try_subtract", exp.Mul: "try_multiply"}
COMPARISONS: Final = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
# Engines differ in whether these are JSON.
NO_JSON: Final = ",[ \t\r\n]*[}\\]]|\\}[ \t\r\n]*\\{"


class VerbatimParser(SparkParser):
    """Leaves functions as they are written, and tells `cast` from `try_cast`."""

    STRICT_CAST = True
    FUNCTIONS: ClassVar[dict[str, Callable[..., Any]]] = {}


class Verbatim(Spark):
    """Spark's SQL, of which what is not changed is written as it was read."""

    Parser = VerbatimParser


def tolerant(sql: str, types: Mapping[str, str], everything: bool = False) -> str:
    """The SQL with null in place of errors; as it is where nothing has to be changed, or it can't be read.

    types: those of its columns, by name. everything: also what only Spark has another form for, such as sums of decimals.
    """
    root = rewritten(sql, types, everything)
    if root is None:
        return sql
    found = str(root.this.sql(dialect=Verbatim))
    return sql if found == _read(sql).this.sql(dialect=Verbatim) else found


def rewritten(sql: str, types: Mapping[str, str], everything: bool = False) -> exp.Paren | None:
    """The same as a tree within parentheses; None where it can't be read.

    A node that is null where the original would raise says so in SQL, as its meta BROKEN.
    """
    try:
        root = _read(sql)
    except (ParseError, TokenError):
        return None
    rewriting = _Rewriting({name.lower(): type_ for name, type_ in types.items()}, everything)
    # The inner ones first, so that each is seen once, whatever it is put into.
    for node in reversed(list(root.walk())):
        if node is not root:
            changed = rewriting.of(node)
            if changed is not node:
                node.replace(changed)
    return root


def _read(sql: str) -> exp.Paren:
    return exp.Paren(this=sqlglot.parse_one(sql, dialect=Verbatim))


class _Rewriting:
    def __init__(self, types: Mapping[str, str], everything: bool) -> None:
        self._types, self._everything = types, everything

    def of(self, node: exp.Expr) -> exp.Expr:
        """The node in another form, or itself."""
        match node:
            case exp.TryCast():
                return node
            case exp.Cast():
                is_literal = isinstance(node.this, exp.Literal) and node.this.is_string
                never_fails = is_literal or node.to.is_type(*exp.DataType.TEXT_TYPES)
                return node if never_fails else _try_cast(node.this, node.to)
            case exp.Anonymous():
                return _function(node)
            case exp.Bracket() if len(node.expressions) == 1 and node.expressions[0].is_int:
                return _called("get", node.this, node.expressions[0])
            case exp.Add() | exp.Sub() | exp.Mul():
                return self._arithmetic(node)
            case exp.Div() | exp.Mod():
                return self._divided(node)
            case exp.IntDiv():
                zero = exp.EQ(this=exp.Paren(this=node.expression.copy()), expression=exp.Literal.number(0))
                divisor = _broken_where(_called("nullif", node.expression, exp.Literal.number(0)), zero)
                return exp.IntDiv(this=node.this.copy(), expression=divisor)
            case exp.Between() | exp.In():
                return self._one_of(node)
            case _ if isinstance(node, COMPARISONS):
                return self._compared(node)
            case _:
                return node

    def _arithmetic(self, node: exp.Binary) -> exp.Expr:
        left, right = self._read(node.this, node.expression), self._read(node.expression, node.this)
        if self._kind(left) == self._kind(right) == "whole":
            return _or_null(ARITHMETIC[type(node)], _wide(left), _wide(right))
        if self._everything:
            return _or_null(ARITHMETIC[type(node)], left, right)
        return type(node)(this=left.copy(), expression=right.copy()) if (left, right) != (node.this, node.expression) else node

    def _divided(self, node: exp.Binary) -> exp.Expr:
        left, right = self._read(node.this, node.expression), self._read(node.expression, node.this)
        if _is_never_zero(node.expression) or not self._everything:
            return (
                type(node)(this=left.copy(), expression=right.copy()) if (left, right) != (node.this, node.expression) else node
            )
        return _or_null("try_divide" if isinstance(node, exp.Div) else "try_mod", left, right)

    def _compared(self, node: exp.Expr) -> exp.Expr:
        left, right = self._read(node.this, node.expression), self._read(node.expression, node.this)
        return node if (left, right) == (node.this, node.expression) else type(node)(this=left.copy(), expression=right.copy())

    def _one_of(self, node: exp.Expr) -> exp.Expr:
        bounds = [node.args[name] for name in ("low", "high") if name in node.args] + list(node.expressions)
        read = self._read(node.this, bounds[0]) if bounds else node.this
        if read is node.this:
            return node
        changed = node.copy()
        changed.set("this", read.copy())
        return changed

    def _read(self, node: exp.Expr, beside: exp.Expr) -> exp.Expr:
        """A text as what it is computed or compared with; another value as it is."""
        to = {"whole": "bigint", "number": "double", "date": "date", "moment": "timestamp"}.get(self._kind(beside))
        return _try_cast(node, exp.DataType.build(to, dialect=Verbatim)) if to and self._kind(node) == "text" else node

    def _kind(self, node: exp.Expr) -> str:
        """text, whole, number (another one), date, moment, or unknown."""
        match node.unnest():
            case exp.Column() as column:
                return _kind_of(self._types.get(column.name.lower(), "unknown"))
            case exp.Literal(is_string=False) as literal:
                return "whole" if literal.is_int else "number"
            case exp.Neg(this=inner):
                return "number" if self._kind(inner) == "text" else self._kind(inner)
            case exp.Cast() as cast:
                return _kind_of(cast.to.sql(dialect=Verbatim))
            case exp.Div():
                return "number"
            case exp.Trim() | exp.Substring():
                return "text"
            case exp.Anonymous() as called if called.name.lower() in TEXTS:
                return "text"
            case exp.Anonymous() as called if called.name.lower() in ARITHMETIC.values():
                kinds = {self._kind(part) for part in called.expressions}
                return "whole" if kinds == {"whole"} else "number"
            case _:
                return "unknown"


def _kind_of(type_: str) -> str:
    name = type_.upper().partition("(")[0]
    if name in WHOLE:
        return "whole"
    of_others = {
        "STRING": "text",
        "DATE": "date",
        "TIMESTAMP": "moment",
        "DOUBLE": "number",
        "FLOAT": "number",
        "DECIMAL": "number",
    }
    return of_others.get(name, "unknown")


def _function(node: exp.Anonymous) -> exp.Expr:
    name, given = node.name.lower(), node.expressions
    if name in RENAMED:
        # Nothing under a key is no fault of the value.
        return _called(RENAMED[name], *given) if name == "element_at" else _or_null(RENAMED[name], *given)
    if name in TYPES_AS_FUNCTIONS and len(given) == 1:
        return _try_cast(given[0], exp.DataType.build(name, dialect=Verbatim))
    if name == "to_date":
        moment = _or_null("try_to_timestamp", *given) if len(given) == 2 else given[0]
        return _try_cast(moment, exp.DataType.build("date"))
    if name in MOMENTS:
        most = exp.Literal.number((2**63 - 1) // MOMENTS[name])
        within = exp.Between(this=given[0].copy(), low=exp.Neg(this=most), high=most.copy())
        bounded = exp.If(this=within, true=given[0].copy(), false=exp.null())
        return _called(name, _broken_where(bounded, _is_there(given[0]), exp.Paren(this=within.copy()).not_()))
    return _json(node) if name == "get_json_object" else node


def _json(node: exp.Anonymous) -> exp.Expr:
    """Only of a whole object, as engines may give what is before a cut."""
    text = node.expressions[0]
    is_json = exp.Is(this=_called("try_parse_json", text), expression=exp.null()).not_()
    is_one = exp.RegexpLike(this=text.copy(), expression=exp.Literal.string(NO_JSON)).not_()
    is_whole = exp.Like(this=_called("rtrim", text), expression=exp.Literal.string("%}"))
    is_object = exp.and_(is_json, is_one, is_whole)
    found = exp.If(this=is_object, true=node.copy(), false=exp.null())
    return _broken_where(found, _is_there(text), exp.Paren(this=is_object.copy()).not_())


def _called(name: str, *given: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[part.copy() for part in given])


def _or_null(name: str, *given: exp.Expr) -> exp.Expr:
    """A call that is null only where one of what it is given is, or a value breaks it."""
    called = _called(name, *given)
    return _broken_where(called, *map(_is_there, given), exp.Is(this=called.copy(), expression=exp.null()))


def _try_cast(value: exp.Expr, to: exp.DataType) -> exp.Expr:
    cast = exp.TryCast(this=value.copy(), to=to.copy(), safe=True)
    return _broken_where(cast, _is_there(value), exp.Is(this=cast.copy(), expression=exp.null()))


def _broken_where(node: exp.Expr, *conditions: exp.Expr) -> exp.Expr:
    """The node, which says that a value breaks it where all of these hold."""
    node.meta[BROKEN] = " and ".join(condition.sql(dialect=Verbatim) for condition in conditions)
    return node


def _is_there(value: exp.Expr) -> exp.Expr:
    return exp.Is(this=exp.Paren(this=value.copy()), expression=exp.null()).not_()


def _wide(number: exp.Expr) -> exp.Expr:
    """The native engine's functions take numbers of 64 bits alone."""
    return number if isinstance(number, exp.Column) else exp.Cast(this=number.copy(), to=exp.DataType.build("bigint"))


def _is_never_zero(node: exp.Expr) -> bool:
    inner = node.unnest()
    if isinstance(inner, exp.Anonymous) and inner.name.lower() == "nullif":
        return str(inner.expressions[1].sql()) == "0"
    return isinstance(inner, exp.Literal) and not inner.is_string and float(inner.this) != 0
