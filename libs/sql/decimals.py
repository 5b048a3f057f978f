"""Sums and products of decimals in declared SQL, so that each engine has room for the result, and null where it has more than 38 digits.

Engines differ in the type that they give it. Spark's is that of the SQL standard, cut to 38 digits; the native engine keeps all
decimals of a product; DuckDB stays within 18 digits where both parts do. So a part is made wide enough for DuckDB first, and what may
have more than 38 digits is computed where a double says that it has not, and has Spark's type.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

MOST: Final = 38
# Of decimals that fit a machine word.
WORD: Final = 18
WHOLE: Final[Mapping[str, int]] = {"BIGINT": 19, "INT": 10, "SMALLINT": 5, "TINYINT": 3}
DECIMAL: Final = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
# Of a sum of more digits there may be no room for many of them.
SUMMED: Final = MOST - 10
COUNTS: Final = ("count", "count_if")
WHOLE_NUMBERS: Final = (
    *("year", "quarter", "month", "day", "dayofmonth", "dayofyear", "dayofweek", "weekofyear", "hour", "minute"),
    *("datediff", "length", "instr", "locate", "position"),
)
# Functions that give a number as they are given it.
AS_GIVEN: Final = ("abs", "nullif", "min", "max")
# Of a product that is cut Spark keeps these at least.
DECIMALS: Final = 6


@dataclass(frozen=True)
class Digits:
    """How many digits a number may have, and how many of them are behind the point; `is_whole`: it is of a type without decimals."""

    all: int
    behind: int
    is_whole: bool = False

    @property
    def before(self) -> int:
        """Digits before the point."""
        return self.all - self.behind


def roomy(node: exp.Binary, left: exp.Expr, right: exp.Expr, types: Mapping[str, str]) -> exp.Expr | None:
    """The sum, difference or product with room for its result; None where it has room, or its digits are not known."""
    ours, theirs = digits_of(left, types), digits_of(right, types)
    if ours is None or theirs is None or (ours.is_whole and theirs.is_whole):
        return None
    made = _made(node, ours, theirs)
    if made.all > MOST:
        return _guarded(node, left, right, made)
    is_narrow = max(ours.all, theirs.all) <= WORD and not ours.is_whole and not theirs.is_whole
    return type(node)(this=_cast(left, WORD + 1, ours.behind), expression=right.copy()) if is_narrow and made.all > WORD else None


def summed(value: exp.Expr, types: Mapping[str, str]) -> exp.Expr | None:
    """The value that is added up as a sum that is null beyond 38 digits takes it; None where a plain sum has room."""
    digits = digits_of(value, types)
    if digits is None or digits.is_whole or digits.all <= SUMMED:
        return None
    # The decimals leave room for as many values before the point (`libs.sql.translated`).
    to = exp.DataType.build(f"decimal({MOST}, {max(digits.behind, DECIMALS)})")
    return exp.TryCast(this=value.copy(), to=to, safe=True)


def _made(node: exp.Binary, ours: Digits, theirs: Digits) -> Digits:
    """The digits of the result, with all decimals."""
    if isinstance(node, exp.Mul):
        return Digits(ours.all + theirs.all, ours.behind + theirs.behind)
    behind = max(ours.behind, theirs.behind)
    return Digits(max(ours.before, theirs.before) + 1 + behind, behind)


def _guarded(node: exp.Binary, left: exp.Expr, right: exp.Expr, made: Digits) -> exp.Expr:
    if made.behind > WORD:
        # There would be no room for anything before the point.
        left, right = _cast(left, MOST, DECIMALS), _cast(right, MOST, DECIMALS)
        made = Digits(made.all, 2 * DECIMALS)
    value = type(node)(this=left.copy(), expression=right.copy())
    sizes = [exp.Anonymous(this="abs", expressions=[exp.cast(part.copy(), "double")]) for part in (left, right)]
    size = (
        exp.Mul(this=sizes[0], expression=sizes[1]) if isinstance(node, exp.Mul) else exp.Add(this=sizes[0], expression=sizes[1])
    )
    # One digit of room, as doubles are rounded.
    fits = exp.LT(this=size, expression=exp.Literal.number(f"9e{MOST - made.behind - 1}"))
    return exp.If(this=fits, true=_cast(value, MOST, _kept(made)), false=exp.null())


def _kept(made: Digits) -> int:
    """How many decimals are kept of a result that may have more than 38 digits."""
    return max(MOST - made.before, min(made.behind, DECIMALS))


def _cast(value: exp.Expr, digits: int, behind: int) -> exp.Expr:
    inner = exp.Paren(this=value.copy()) if isinstance(value, exp.Binary) else value.copy()
    return exp.Cast(this=inner, to=exp.DataType.build(f"decimal({digits}, {behind})"))


def digits_of(node: exp.Expr, types: Mapping[str, str]) -> Digits | None:
    """Those of a number of decimals or a whole one, given the types of columns by their names in small letters; else None."""
    match node.unnest():
        case exp.Column() as column:
            return _of_type(types.get(column.name.lower(), ""))
        case exp.Literal(is_string=False) as literal:
            return _of_literal(str(literal.this))
        case exp.Neg(this=inner):
            return digits_of(inner, types)
        case exp.Cast(to=to):
            return _of_type(to.sql())
        case exp.Anonymous() as called if called.expressions:
            return _of_called(called.name.lower(), called.expressions, types)
        case exp.Window(this=value) | exp.Filter(this=value) | exp.ArgMax(this=value) | exp.ArgMin(this=value):
            return digits_of(value, types)
        case exp.IntDiv():
            return Digits(WHOLE["BIGINT"], 0, is_whole=True)
        case exp.Mod(this=value, expression=by):
            # Of fewer digits than both have together.
            return _common([value, by], types)
        case exp.If() as chosen:
            return _common([chosen.args["true"], chosen.args.get("false")], types)
        case exp.Case() as case:
            return _common([*(branch.args["true"] for branch in case.args["ifs"]), case.args.get("default")], types)
        case exp.Add() | exp.Sub() | exp.Mul() as binary:
            return _of_result(binary, types)
        case _:
            return None


def _of_called(name: str, given: Sequence[exp.Expr], types: Mapping[str, str]) -> Digits | None:
    if name in COUNTS:
        return Digits(WHOLE["BIGINT"], 0, is_whole=True)
    if name in WHOLE_NUMBERS:
        return Digits(WHOLE["INT"], 0, is_whole=True)
    if name in ("coalesce", "nvl", "ifnull"):
        return _common(given, types)
    of = digits_of(given[0], types)
    if of is None or name in AS_GIVEN:
        return of
    if name in ("sum", "try_sum"):
        return Digits(WHOLE["BIGINT"], 0, is_whole=True) if of.is_whole else Digits(MOST, of.behind)
    if name == "round" and not of.is_whole:
        behind = int(given[1].name) if len(given) > 1 and given[1].is_int else 0
        return Digits(min(of.before + 1 + min(behind, of.behind), MOST), min(behind, of.behind))
    return None


def _of_result(node: exp.Binary, types: Mapping[str, str]) -> Digits | None:
    ours, theirs = digits_of(node.this, types), digits_of(node.expression, types)
    if ours is None or theirs is None or (ours.is_whole and theirs.is_whole):
        return None
    made = _made(node, ours, theirs)
    if made.all <= MOST:
        return made
    return Digits(MOST, _kept(made if made.behind <= WORD else Digits(made.all, 2 * DECIMALS)))


def _common(values: Iterable[exp.Expr | None], types: Mapping[str, str]) -> Digits | None:
    given = [digits_of(value, types) for value in values if value is not None and not isinstance(value, exp.Null)]
    known = [found for found in given if found is not None]
    if not known or len(known) < len(given):
        return None
    behind = max(found.behind for found in known)
    return Digits(max(found.before for found in known) + behind, behind, all(found.is_whole for found in known))


def _of_type(name: str) -> Digits | None:
    if name.upper() in WHOLE:
        return Digits(WHOLE[name.upper()], 0, is_whole=True)
    found = DECIMAL.fullmatch(name.upper())
    return Digits(int(found[1]), int(found[2])) if found else None


def _of_literal(text: str) -> Digits | None:
    if not re.fullmatch(r"[0-9]*[.]?[0-9]*", text):
        return None
    whole, point, behind = text.partition(".")
    is_whole = not point and int(whole) < 2**63
    return Digits(max(len(whole.lstrip("0")) + len(behind), 1), len(behind), is_whole)
