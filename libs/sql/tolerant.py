"""SQL as declarations write it, so that a value which it can't be computed of gives null, and does not end the run.

Engines in ANSI mode end a query at a text that is no number, a division by zero, a number beyond its type, or half a JSON. What
is written here instead is the same wherever the original gives a value: `cast` is `try_cast`, `a * b` of whole numbers
`try_multiply`, a text that is compared with a number is read as one first, by `try_cast`, as the engine would by `cast`.
"""

from collections.abc import Mapping
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from libs.sql.decimals import roomy, summed
from libs.sql.implicit_casts import as_condition, explicit
from libs.sql.kinds import kind_of
from libs.sql.null_forms import (
    broken_where,
    called,
    counted_in_nanoseconds,
    exact_seconds,
    function,
    guarded,
    or_null,
    try_cast,
)
from libs.sql.readings import day
from libs.sql.verbatim import Verbatim

ARITHMETIC: Final[Mapping[type[exp.Expr], str]] = {exp.Add: "try_add", exp.Sub: "try_subtract", exp.Mul: "try_multiply"}


def tolerant(sql: str, types: Mapping[str, str], everything: bool = False, condition: bool = False) -> str:
    """The SQL with null in place of errors; as it is where nothing has to be changed, or it can't be read.

    types: those of its columns, by name. everything: also what only Spark has another form for, such as sums of decimals.
    condition: whether it decides, so that a text is read as true or false.
    """
    root = rewritten(sql, types, everything, condition)
    if root is None:
        return sql
    found = str(root.this.sql(dialect=Verbatim))
    return sql if found == _read(sql).this.sql(dialect=Verbatim) else found


def rewritten(sql: str, types: Mapping[str, str], everything: bool = False, condition: bool = False) -> exp.Paren | None:
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
    return exp.Paren(this=rewriting.condition(root.this)) if condition else root


def _read(sql: str) -> exp.Paren:
    return exp.Paren(this=sqlglot.parse_one(sql, dialect=Verbatim))


class _Rewriting:
    def __init__(self, types: Mapping[str, str], everything: bool) -> None:
        self._types, self._everything = types, everything

    def condition(self, node: exp.Expr) -> exp.Expr:
        """What decides."""
        return as_condition(node, self._types)

    def of(self, node: exp.Expr) -> exp.Expr:
        """The node in another form, or itself."""
        if isinstance(node, exp.NullSafeEQ | exp.NullSafeNEQ) and (_is_null(node.this) or _is_null(node.expression)):
            # The native engine asks `try_cast(s as int) <=> null` of the text, which a cast that fails does not make null.
            is_null = exp.Is(this=(node.expression if _is_null(node.this) else node.this).copy(), expression=exp.Null())
            return exp.paren(is_null if isinstance(node, exp.NullSafeEQ) else exp.Not(this=is_null), copy=False)
        return self._without_errors(explicit(node, self._types))

    def _without_errors(self, node: exp.Expr) -> exp.Expr:
        match node:
            case exp.TryCast():
                return node
            case exp.Cast():
                is_literal = isinstance(node.this, exp.Literal) and node.this.is_string
                never_fails = is_literal or node.to.is_type(*exp.DataType.TEXT_TYPES)
                return node if never_fails else try_cast(node.this, node.to)
            case exp.Neg() if not isinstance(node.this, exp.Literal) and kind_of(node.this, self._types) == "whole":
                return or_null("try_subtract", self._wide(exp.Literal.number(0)), self._wide(node.this))
            case exp.Anonymous():
                return self._called(node)
            case exp.Bracket() if len(node.expressions) == 1 and node.expressions[0].is_int:
                return called("get", node.this, node.expressions[0])
            case exp.Add() | exp.Sub() | exp.Mul():
                return self._arithmetic(node)
            case exp.Div() | exp.Mod() if self._everything and not _is_never_zero(node.expression):
                return or_null("try_divide" if isinstance(node, exp.Div) else "try_mod", node.this, node.expression)
            case exp.IntDiv():
                return exp.IntDiv(this=node.this.copy(), expression=_never_zero(node.expression))
            case _:
                return node

    def _called(self, node: exp.Anonymous) -> exp.Expr:
        name, given = node.name.lower(), node.expressions
        match name, [kind_of(part, self._types) for part in given]:
            case "sum", [kind]:
                return called("try_sum", given[0]) if kind == "whole" else self._summed(node, given[0])
            case "abs", ["whole"]:
                negative = or_null("try_subtract", self._wide(exp.Literal.number(0)), self._wide(given[0]))
                is_below = exp.LT(this=exp.Paren(this=given[0].copy()), expression=exp.Literal.number(0))
                return exp.If(this=is_below, true=negative, false=given[0].copy())
            case "sqrt", [_]:
                return _root(node)
            case "to_date", ["text"]:
                return day(given[0])
            case "to_date", [kind] if kind != "unknown":
                return node
            case "timestamp_seconds", ["number"]:
                return exact_seconds(given[0])
            case "date_trunc", [_, "date"]:
                return called(node.name, given[0], counted_in_nanoseconds(given[1], "date"))
            # Contracts hold moments of columns within it.
            case "date_trunc", [_, "moment"] if not isinstance(given[1].unnest(), exp.Column):
                return called(node.name, given[0], counted_in_nanoseconds(given[1], "timestamp"))
            case "split_part", [_, _, _] if not given[2].is_int:
                return called(node.name, *given[:2], _never_zero(given[2]))
            case _:
                return function(node)

    def _summed(self, node: exp.Anonymous, value: exp.Expr) -> exp.Expr:
        roomy_value = summed(value, self._types)
        return node if roomy_value is None else called("try_sum", roomy_value)

    def _arithmetic(self, node: exp.Binary) -> exp.Expr:
        left, right = node.this, node.expression
        kinds = {kind_of(left, self._types), kind_of(right, self._types)}
        if kinds <= {"small", "whole"}:
            is_within = kind_of(node, self._types) == "small" and "small" in kinds and not isinstance(node, exp.Mul)
            return node if is_within else or_null(ARITHMETIC[type(node)], self._wide(left), self._wide(right))
        if self._everything:
            return or_null(ARITHMETIC[type(node)], left, right)
        with_room = roomy(node, left, right, self._types)
        return node if with_room is None else guarded(with_room, left, right)

    def _wide(self, number: exp.Expr) -> exp.Expr:
        """The native engine's functions take numbers of 64 bits alone."""
        is_wide = isinstance(number, exp.Column) and self._types.get(number.name.lower(), "").lower() == "bigint"
        return number if is_wide else exp.Cast(this=number.copy(), to=exp.DataType.build("bigint"))


def _root(node: exp.Anonymous) -> exp.Expr:
    """Null of a number below 0: it is no number, which is greater than all others to some engines and to none to others."""
    below = exp.LT(this=exp.Paren(this=node.expressions[0].copy()), expression=exp.Literal.number(0))
    return broken_where(exp.If(this=below.copy(), true=exp.null(), false=node.copy()), below)


def _never_zero(number: exp.Expr) -> exp.Expr:
    """The number, null where it is 0."""
    zero = exp.EQ(this=exp.Paren(this=number.copy()), expression=exp.Literal.number(0))
    return broken_where(called("nullif", number, exp.Literal.number(0)), zero)


def _is_null(node: exp.Expr) -> bool:
    """Whether it is null as it is written, which may be of a type."""
    inner = node.unnest()
    return _is_null(inner.this) if isinstance(inner, exp.Cast) else isinstance(inner, exp.Null)


def _is_never_zero(node: exp.Expr) -> bool:
    inner = node.unnest()
    if isinstance(inner, exp.Anonymous) and inner.name.lower() == "nullif":
        return str(inner.expressions[1].sql()) == "0"
    return isinstance(inner, exp.Literal) and not inner.is_string and float(inner.this) != 0
