"""What functions of declared SQL take in the places of their parts, and what they are given there instead of what can't be cast."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from sqlglot import exp

from libs.sql.kinds import OF_DAYS, Kind, kind_of
from libs.sql.null_forms import try_cast
from libs.sql.readings import as_text, read_as, whole_number

# Places of functions that take a number of 32 bits; a count below 0 is 0.
Taken = Kind | Literal["index", "count"]
# What functions take in the places of their parts, the last for all that follow.
TAKEN: Final[Mapping[str, Sequence[Taken]]] = {
    **dict.fromkeys((*OF_DAYS, "last_day"), ("date",)),
    **dict.fromkeys(("date_add", "date_sub"), ("date", "index")),
    **dict.fromkeys(("hour", "minute"), ("moment",)),
    "date_trunc": ("unknown", "moment"),
    **dict.fromkeys(("abs", "sqrt"), ("number",)),
    **dict.fromkeys(("timestamp_micros", "timestamp_millis"), ("whole",)),
    "timestamp_seconds": ("number",),
    **dict.fromkeys(("left", "right"), ("text", "count")),
    **dict.fromkeys(("split_part", "substring_index", "locate"), ("text", "text", "index")),
    **dict.fromkeys(("instr", "contains", "startswith", "endswith", "replace"), ("text",)),
}


def as_taken(part: exp.Expr, place: Taken, types: Mapping[str, str]) -> exp.Expr:
    """The part as what the function takes in that place: a text read as that, null where it is none."""
    kind = kind_of(part, types)
    match place:
        case "unknown":
            return part
        case "text":
            return part if kind in ("text", "unknown", "number") and not isinstance(part, exp.Literal) else as_text(part)
        case "index" | "count":
            return _narrow(part, kind) if place == "index" else _not_below_zero(_narrow(part, kind))
        case "whole" if kind == "number":
            return try_cast(part, exp.DataType.build("bigint"))
        case _:
            return read_as(part, place) if kind == "text" else part


def _narrow(part: exp.Expr, kind: Kind) -> exp.Expr:
    """A whole number as one of 32 bits."""
    if kind == "text":
        return whole_number(part, "int")
    is_written = isinstance(part.unnest(), exp.Literal | exp.Neg)
    return try_cast(part, exp.DataType.build("int")) if kind == "whole" and not is_written else part


def _not_below_zero(number: exp.Expr) -> exp.Expr:
    """The native engine refuses a count below 0, or counts from the end."""
    if isinstance(number.unnest(), exp.Literal):
        return number
    zero = exp.Literal.number(0)
    is_below = exp.LT(this=exp.Paren(this=number.copy()), expression=zero)
    return exp.If(this=is_below, true=zero.copy(), false=number.copy())
