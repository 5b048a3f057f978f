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

from libs.store.decimals import roomy, summed
from libs.store.null_forms import broken_where, called, day, function, guarded, or_null, try_cast, whole_number
from libs.store.verbatim import Verbatim

OF_PARTS: Final = ("left", "right", "split_part", "substring_index", "regexp_extract", "get_json_object")
TEXTS: Final = frozenset(("concat", "concat_ws", "lower", "upper", "replace", "regexp_replace", *OF_PARTS))
# Functions that read a text as a value of that type, and which of their parts.
OF_DAYS: Final = ("year", "quarter", "month", "day", "dayofmonth", "dayofyear", "dayofweek", "weekofyear", "last_day", "datediff")
READ: Final[Mapping[str, tuple[str, slice]]] = {
    **dict.fromkeys(OF_DAYS, ("date", slice(None))),
    **dict.fromkeys(("date_add", "date_sub"), ("date", slice(1))),
    **dict.fromkeys(("hour", "minute"), ("moment", slice(None))),
    "date_trunc": ("moment", slice(1, None)),
    **dict.fromkeys(("abs", "sqrt"), ("number", slice(None))),
}
# Functions that give the first of their values that is not null, and look at no other.
FIRST_OF: Final = ("coalesce", "nvl", "ifnull")
MOMENTS: Final = ("to_timestamp", "try_to_timestamp", "timestamp_micros", "timestamp_millis", "timestamp_seconds")
WHOLE: Final = frozenset({"BIGINT", "INT", "SMALLINT", "TINYINT"})
ARITHMETIC: Final[Mapping[type[exp.Expr], str]] = {exp.Add: "try_add", exp.Sub: "try_subtract", exp.Mul: "try_multiply"}
COMPARISONS: Final = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)


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
                return node if never_fails else try_cast(node.this, node.to)
            case exp.Anonymous(expressions=[value]) if node.name.lower() == "sum":
                return self._summed(node, value)
            case exp.Anonymous(expressions=[value]) if node.name.lower() == "to_date" and self._kind(value) != "unknown":
                return day(value) if self._kind(value) == "text" else node
            case exp.Anonymous():
                return self._called(node)
            case exp.Neg() if self._kind(node.this) == "text":
                return exp.Neg(this=_read_as(node.this, "number"))
            case exp.Bracket() if len(node.expressions) == 1 and node.expressions[0].is_int:
                return called("get", node.this, node.expressions[0])
            case exp.Add() | exp.Sub() | exp.Mul():
                return self._arithmetic(node)
            case exp.Div() | exp.Mod():
                return self._divided(node)
            case exp.IntDiv():
                zero = exp.EQ(this=exp.Paren(this=node.expression.copy()), expression=exp.Literal.number(0))
                divisor = broken_where(called("nullif", node.expression, exp.Literal.number(0)), zero)
                return exp.IntDiv(this=node.this.copy(), expression=divisor)
            case exp.Between() | exp.In():
                return self._one_of(node)
            case exp.Case() if node.this is not None:
                return self._switched(node)
            case _ if isinstance(node, COMPARISONS):
                return self._compared(node)
            case _:
                return node

    def _called(self, node: exp.Anonymous) -> exp.Expr:
        """A call, of whose texts those that it reads as another type are read so first."""
        name, given = node.name.lower(), list(node.expressions)
        if name in READ:
            to, places = READ[name]
            given[places] = [_read_as(part, to) if self._kind(part) == "text" else part for part in given[places]]
        elif name in FIRST_OF and not any(isinstance(part, exp.Literal) and part.is_string for part in given):
            beside = next((part for part in given if self._kind(part) not in ("text", "unknown")), None)
            given = given if beside is None else [self._read(part, beside) for part in given]
        changed = any(part is not before for part, before in zip(given, node.expressions, strict=True))
        return called(node.name, *given) if changed else function(node)

    def _arithmetic(self, node: exp.Binary) -> exp.Expr:
        left, right = self._read(node.this, node.expression), self._read(node.expression, node.this)
        if self._kind(left) == self._kind(right) == "whole":
            return or_null(ARITHMETIC[type(node)], _wide(left), _wide(right))
        if self._everything:
            return or_null(ARITHMETIC[type(node)], left, right)
        with_room = roomy(node, left, right, self._types)
        if with_room is not None:
            return guarded(with_room, left, right)
        return type(node)(this=left.copy(), expression=right.copy()) if (left, right) != (node.this, node.expression) else node

    def _summed(self, node: exp.Anonymous, value: exp.Expr) -> exp.Expr:
        if self._kind(value) == "whole":
            return called("try_sum", value)
        roomy_value = summed(value, self._types)
        return node if roomy_value is None else called("try_sum", roomy_value)

    def _divided(self, node: exp.Binary) -> exp.Expr:
        left, right = self._read(node.this, node.expression), self._read(node.expression, node.this)
        if _is_never_zero(node.expression) or not self._everything:
            return (
                type(node)(this=left.copy(), expression=right.copy()) if (left, right) != (node.this, node.expression) else node
            )
        return or_null("try_divide" if isinstance(node, exp.Div) else "try_mod", left, right)

    def _compared(self, node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.NullSafeEQ | exp.NullSafeNEQ) and (_is_null(node.this) or _is_null(node.expression)):
            # The native engine asks `try_cast(s as int) <=> null` of the text, which a cast that fails does not make null.
            is_null = exp.Is(this=(node.expression if _is_null(node.this) else node.this).copy(), expression=exp.Null())
            return exp.paren(is_null if isinstance(node, exp.NullSafeEQ) else exp.Not(this=is_null), copy=False)
        left, right = self._read(node.this, node.expression), self._read(node.expression, node.this)
        return node if (left, right) == (node.this, node.expression) else type(node)(this=left.copy(), expression=right.copy())

    def _one_of(self, node: exp.Expr) -> exp.Expr:
        bounds = [node.args[name] for name in ("low", "high") if name in node.args] + list(node.expressions)
        # A word beside numbers is a number too.
        beside = next((bound for bound in bounds if self._kind(bound) != "unknown"), node.this)
        read = self._read(node.this, beside)
        if read is node.this:
            return node
        changed = node.copy()
        changed.set("this", read.copy())
        return changed

    def _switched(self, node: exp.Case) -> exp.Expr:
        """What a `case` compares, as `_one_of` does."""
        changed = node.copy()
        changed.set("this", self._read(node.this, node.args["ifs"][0].this).copy())
        for branch in changed.args["ifs"]:
            branch.set("this", self._read(branch.this, node.this).copy())
        return node if changed == node else changed

    def _read(self, node: exp.Expr, beside: exp.Expr) -> exp.Expr:
        """A text as what it is computed or compared with; another value as it is."""
        to = self._kind(beside)
        return node if self._kind(node) != "text" or to in ("text", "unknown") else _read_as(node, to)

    def _kind(self, node: exp.Expr) -> str:
        """text, whole, number (another one), date, moment, or unknown."""
        match node.unnest():
            case exp.Column() as column:
                return _kind_of(self._types.get(column.name.lower(), "unknown"))
            case exp.Literal(is_string=False) as literal:
                return "whole" if literal.is_int and int(literal.this) < 2**63 else "number"
            case exp.Neg(this=inner):
                return "number" if self._kind(inner) == "text" else self._kind(inner)
            case exp.Cast() as cast:
                return _kind_of(cast.to.sql(dialect=Verbatim))
            case exp.Div():
                return "number"
            case exp.If(this=_, args={"true": value, "false": exp.Null()}):
                return self._kind(value)
            case exp.Trim() | exp.Substring():
                return "text"
            case exp.Anonymous() as call if call.name.lower() in TEXTS:
                return "text"
            case exp.Anonymous() as call if call.name.lower() in MOMENTS:
                return "moment"
            case exp.Anonymous() as call if call.name.lower() in ("count", "count_if"):
                return "whole"
            case exp.Anonymous() as call if call.name.lower() in ("sum", "try_sum", "min", "max"):
                return self._kind(call.expressions[0])
            case exp.Anonymous() as call if call.name.lower() in ARITHMETIC.values():
                kinds = {self._kind(part) for part in call.expressions}
                return "whole" if kinds == {"whole"} else "number"
            case _:
                return "unknown"


def _read_as(text: exp.Expr, kind: str) -> exp.Expr:
    """The text as a value of that kind, null where it is none."""
    if kind == "whole":
        return whole_number(text)
    to = {"number": "double", "moment": "timestamp"}
    return day(text) if kind == "date" else try_cast(text, exp.DataType.build(to[kind], dialect=Verbatim))


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


def _wide(number: exp.Expr) -> exp.Expr:
    """The native engine's functions take numbers of 64 bits alone."""
    return number if isinstance(number, exp.Column) else exp.Cast(this=number.copy(), to=exp.DataType.build("bigint"))


def _is_null(node: exp.Expr) -> bool:
    """Whether it is null as it is written, which may be of a type."""
    inner = node.unnest()
    return _is_null(inner.this) if isinstance(inner, exp.Cast) else isinstance(inner, exp.Null)


def _is_never_zero(node: exp.Expr) -> bool:
    inner = node.unnest()
    if isinstance(inner, exp.Anonymous) and inner.name.lower() == "nullif":
        return str(inner.expressions[1].sql()) == "0"
    return isinstance(inner, exp.Literal) and not inner.is_string and float(inner.this) != 0
