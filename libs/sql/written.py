"""What ends every query as declared SQL is written, whatever the rows: signs behind which it does not go on, and values that are none."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from typing import Final

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import ParseError, TokenError

from libs.sql.implicit_casts import COMPARISONS
from libs.sql.verbatim import Verbatim

BLANKS: Final = " \t\r\n"
MOMENT: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9].*)?")
NUMBER: Final = re.compile(r" *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)? *")
NUMBERS: Final = tuple(exp.DataType.NUMERIC_TYPES)
TIMES: Final = (exp.DataType.Type.DATE, *exp.DataType.TEMPORAL_TYPES)
# Engines hold decimals of that many digits, and days of the years 1 to 9999.
DIGITS: Final = 38
MOST_DAYS: Final = 365 * 1000
DAYS_OF: Final[Mapping[str, float]] = {
    "YEAR": 365,
    "QUARTER": 91,
    "MONTH": 30,
    "WEEK": 7,
    "DAY": 1,
    "HOUR": 1 / 24,
    "MINUTE": 1 / 1440,
}
OF_DAYS: Final = ("date_add", "date_sub")


def written_faults(sql: str) -> Iterator[str]:
    """Why an expression would end every query, a text for each fault. What can't be read at all is passed over."""
    with suppress(ParseError, TokenError):
        tokens = Verbatim().tokenize(sql)
        yield from _of_signs(sql, tokens)
        for parsed in sqlglot.parse(sql, dialect=Verbatim)[:1]:
            yield from (fault for node in parsed.walk() for fault in _of_node(node)) if parsed is not None else ()


def unreadable(sql: str, what: str, error: Exception) -> str:
    """That the SQL is not `what`, given sqlglot's error, in one line."""
    described = error.errors[0]["description"] if isinstance(error, ParseError) and error.errors else None
    return f"{sql!r} is {what}: {described or str(error).splitlines()[0]}"


def _of_signs(sql: str, tokens: list[Token]) -> Iterator[str]:
    ends = [0, *(token.end + 1 for token in tokens)]
    for end, start in zip(ends, [*(token.start for token in tokens), len(sql)], strict=True):
        between = sql[end:start].strip(BLANKS)
        if between.startswith("--") and "\n" not in sql[end:start]:
            yield f"`{between}` takes in all that follows it in a line: write it behind # in the file"
        elif between and not between.startswith(("--", "/*")):
            yield f"there is a sign that is no blank, {', '.join(f'U+{ord(sign):04X}' for sign in between)}: put a blank in its place"
    kinds = [token.token_type for token in tokens]
    if TokenType.SEMICOLON in kinds:
        yield "a semicolon ends it: leave it out"
    if (TokenType.COMMA, TokenType.R_PAREN) in pairwise(kinds):
        yield "there is a comma before a closing bracket: leave it out"


def _of_node(node: exp.Expr) -> Iterator[str]:
    shown = f"`{node.sql(dialect=Verbatim)}`"
    match node:
        case exp.Placeholder() | exp.Parameter() if not isinstance(node.parent, exp.Placeholder):
            yield f"{shown} stands for a value that nobody gives: write the value"
        case exp.HexString():
            yield f"{shown} is a number to one engine and bytes to another: write it with digits alone"
        case exp.Literal(is_string=False) if len(node.name.partition(".")[0]) > DIGITS or not abs(float(node.name)) < float(
            "inf"
        ):
            yield f"{shown} is a number of more than {DIGITS} digits"
        case exp.Cast(this=exp.Literal(is_string=True) as text) if node.to.this in TIMES and not _is_moment(text.name):
            yield f"{shown} is no day or time: write it as '2026-01-31' or '2026-01-31 10:00:00'"
        case exp.Cast(this=exp.Literal(is_string=True) as text) if node.to.this in NUMBERS and not NUMBER.fullmatch(text.name):
            yield f"{shown} is no number"
        case exp.Case() | exp.If() if _is_mixed(node):
            yield f"{shown} gives a number or a text: put the number in quotes, or null in place of the text"
        case exp.Interval() if _days(node) > MOST_DAYS:
            yield f"{shown} leads out of the years 1 to 9999"
        case exp.Anonymous(expressions=[_, exp.Literal(is_string=False) as days]) if (
            node.name.lower() in OF_DAYS and float(days.name) > MOST_DAYS
        ):
            yield f"{shown} leads out of the years 1 to 9999"
        case _ if isinstance(node, COMPARISONS) and isinstance(node.parent, COMPARISONS):
            yield f"{shown} is compared once more: put it in brackets, or write `and`"


def _is_mixed(node: exp.Case | exp.If) -> bool:
    """Whether it gives a number where one condition holds and a text that is none where another does, both written out."""
    ifs = node.args["ifs"] if isinstance(node, exp.Case) else [node]
    given = [*(each.args["true"] for each in ifs), node.args.get("default" if isinstance(node, exp.Case) else "false")]
    written = [value.unnest() for value in given if value is not None]
    texts = [value.name for value in written if isinstance(value, exp.Literal) and value.is_string]
    has_number = any(isinstance(value, exp.Literal) and not value.is_string for value in written)
    return has_number and any(not NUMBER.fullmatch(text) for text in texts)


def _is_moment(text: str) -> bool:
    with suppress(ValueError):
        return MOMENT.fullmatch(text) is not None and datetime.fromisoformat(re.sub(r" ?[A-Z][A-Za-z/_]+$", "", text)) is not None
    return False


def _days(interval: exp.Interval) -> float:
    number, unit = interval.this, interval.args.get("unit")
    if not isinstance(number, exp.Literal) or unit is None or not re.fullmatch("-?[0-9]+", number.name):
        return 0
    return abs(int(number.name)) * DAYS_OF.get(unit.name.upper(), 0)
