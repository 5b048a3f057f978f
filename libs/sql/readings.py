"""Texts read as what an engine would cast them to beside another value, in forms that give null where they are none."""

import re
from typing import Final

from sqlglot import exp

from libs.sql.kinds import Kind
from libs.sql.null_forms import broken_where, called, is_there, try_cast
from libs.sql.verbatim import Verbatim

TRUE: Final = ("t", "true", "y", "yes", "1")
FALSE: Final = ("f", "false", "n", "no", "0")
# Engines read such a quoted text as a number by themselves.
PLAIN_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}([.][0-9]+)?")


def read_as(text: exp.Expr, kind: Kind) -> exp.Expr:
    """The text as a value of that kind, null where it is none."""
    match kind:
        case "whole" | "small":
            return whole_number(text)
        case "number":
            return try_cast(text, exp.DataType.build("double"))
        case "date":
            return day(text)
        case "moment" | "interval":
            return try_cast(text, exp.DataType.build("timestamp", dialect=Verbatim))
        case "boolean":
            return truth(text)
        case _:
            return text


def whole_number(text: exp.Expr, type_: str = "bigint") -> exp.Expr:
    """The text as a whole number, of one with decimals null: DuckDB alone would round it."""
    pattern, nothing = exp.Literal.string(".*[.eE].*"), exp.Literal.string("")
    cast = exp.TryCast(this=called("regexp_replace", text, pattern, nothing), to=exp.DataType.build(type_), safe=True)
    return broken_where(cast, is_there(text), exp.Is(this=cast.copy(), expression=exp.null()))


def day(text: exp.Expr) -> exp.Expr:
    """The day that a text begins with, which may have a time behind a blank or a T: the native engine casts none with a T."""
    cast = exp.TryCast(
        this=called("split_part", text, exp.Literal.string("T"), exp.Literal.number(1)),
        to=exp.DataType.build("date"),
        safe=True,
    )
    return broken_where(cast, is_there(text), exp.Is(this=cast.copy(), expression=exp.null()))


def truth(text: exp.Expr) -> exp.Expr:
    """The text as true or false, by the words that Spark casts: the native engine compares no text with a boolean."""
    word = called("lower", exp.Trim(this=text.copy()))

    def is_one(of: tuple[str, ...]) -> exp.Expr:
        return exp.In(this=word.copy(), expressions=[exp.Literal.string(each) for each in of])

    no = exp.If(this=is_one(FALSE), true=exp.false(), false=exp.null())
    return broken_where(
        exp.If(this=is_one(TRUE), true=exp.true(), false=no),
        is_there(text),
        exp.Not(this=exp.Paren(this=exp.Or(this=is_one(TRUE), expression=is_one(FALSE)))),
    )


def as_text(value: exp.Expr) -> exp.Expr:
    """A number as it is written, another value cast."""
    inner = value.this if isinstance(value, exp.Neg) else value
    if isinstance(inner, exp.Literal):
        return value if inner.is_string else exp.Literal.string(("-" if inner is not value else "") + inner.name)
    return exp.Cast(this=value.copy(), to=exp.DataType.build("string", dialect=Verbatim))


def as_type(value: exp.Expr, type_: str) -> exp.Expr:
    """The value cast to a type that has room for it, if it is not."""
    to = exp.DataType.build(type_, dialect=Verbatim)
    return value if isinstance(value, exp.Cast) and value.to == to else exp.Cast(this=value.copy(), to=to)


def is_plain_number(node: exp.Expr) -> bool:
    """Whether it is a quoted text that is a number."""
    return isinstance(node, exp.Literal) and bool(node.is_string) and PLAIN_NUMBER.fullmatch(node.name) is not None


def is_word(node: exp.Expr) -> bool:
    """Whether it is a quoted text that begins neither as a number nor as a day."""
    return isinstance(node, exp.Literal) and bool(node.is_string) and re.match(r"[+-]?[.]?[0-9]", node.name) is None
