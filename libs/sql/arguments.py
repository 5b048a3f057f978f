"""What functions of declared SQL are given as it is written: what an engine refuses, whatever the rows, or engines read differently."""

import re
from collections.abc import Iterator
from typing import Final

from sqlglot import exp

BITS: Final = ("0", "224", "256", "384", "512")
UNITS: Final = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND")
# No class that means other characters elsewhere, no end, before which Java alone sees a line's end, no look-around.
PLAIN_PATTERN: Final = re.compile(r"([^\\$(]|\((?!\?)|\\[^A-Za-z0-9])*")
# A brace that is no number of repetitions, and a quantifier behind another, are read by some alone.
ODD_BRACE: Final = re.compile(r"(?<!\\)\{(?!\d+(,\d*)?\})|[*+?}]\+")
PLAIN_PATH: Final = re.compile(r"\$(\.[A-Za-z_][A-Za-z0-9_]*)+")
# Before what escapes mean something: elsewhere Spark refuses the pattern.
ESCAPED: Final = r"([^{0}]|{0}[%_{0}])*"


def argument_faults(node: exp.Expr) -> Iterator[str]:
    """Why the call or operator may not be given what it is given, a text for each fault."""
    match node:
        case exp.RegexpLike() | exp.RegexpReplace() if not _is_plain(node.expression):
            yield _of_pattern(node.expression)
        case exp.RegexpReplace(args={"replacement": put}) if not _is_plain_replacement(put, node.expression.name):
            yield "regexp_replace() is computed alike by every engine only with a text without backslashes and $, but $1 for a group"
        case exp.RegexpExtract():
            yield from _of_groups(node)
        case exp.SHA2(args={"length": length}) if length.name not in BITS:
            yield f"sha2() takes {', '.join(BITS)} bits, and not {length.sql(dialect='spark')}"
        case exp.SplitPart(args={"part_index": exp.Literal(this="0")}):
            yield "split_part() counts parts from 1, and has no part 0"
        case exp.TimestampTrunc(args={"unit": unit}) if unit.name.upper() not in UNITS:
            yield f"date_trunc() takes one of {', '.join(UNITS).lower()}, and not {unit.name.lower()}"
        case exp.JSONExtractScalar() if not PLAIN_PATH.fullmatch(node.expression.sql(dialect="spark").strip("'")):
            yield "get_json_object() is computed alike by every engine only with a path of names, as '$.plan' or '$.user.plan'"
        case exp.StrPosition(args={"position": exp.Expr() as position}) if not position.is_int or int(position.sql()) < 1:
            yield "locate() is computed alike by every engine only from a position that is a number from 1 on"
        case exp.StrPosition(args={"position": exp.Expr(), "substr": sought}) if not sought.is_string or not sought.name:
            # Where a text is empty, Spark finds it at 1, others at the position.
            yield "locate() is computed alike by every engine from a position only for a text that is written out and not empty"
        case exp.Like() if not _is_escaped_well(node):
            yield "a pattern of `like` is a text that escapes %, _ and the escape itself alone, by one character; of a field, startswith()"
        case exp.In() if not node.expressions and not node.args.get("query"):
            yield "`in` has no value to compare with"


def _of_groups(node: exp.RegexpExtract) -> Iterator[str]:
    if not _is_plain(node.expression):
        yield _of_pattern(node.expression)
        return
    group, groups = node.args["group"], re.compile(node.expression.name).groups
    if not group.is_int or not 0 <= int(group.sql()) <= groups:
        asked = group.sql(dialect="spark")
        yield f"regexp_extract() takes group {asked}, 1 unless it is said, of a pattern with {groups}: 0 is all that it fits"


def _of_pattern(pattern: exp.Expr) -> str:
    if isinstance(pattern, exp.Literal) and PLAIN_PATTERN.fullmatch(pattern.name):
        return (
            f"'{pattern.name}' is no pattern that every engine reads: brackets, braces or signs of repetition in it are no pairs"
        )
    return "a pattern is computed alike by every engine only as a text without $, (?, \\d, \\w and the like"


def _is_plain(pattern: exp.Expr) -> bool:
    if not isinstance(pattern, exp.Literal) or not PLAIN_PATTERN.fullmatch(pattern.name) or ODD_BRACE.search(pattern.name):
        return False
    try:
        re.compile(pattern.name)
    except re.error:
        return False
    return True


def _is_plain_replacement(put: exp.Expr, pattern: str) -> bool:
    """Java refuses a group that the pattern has not, others put nothing there."""
    named = re.findall(r"\$([0-9]?)", put.name)
    is_text = isinstance(put, exp.Literal) and "\\" not in put.name and "" not in named
    return is_text and all(int(group) <= re.compile(pattern).groups for group in named)


def _is_escaped_well(node: exp.Like) -> bool:
    # Spark ends a query at a field that ends with what escapes.
    if not isinstance(node.expression, exp.Literal):
        return False
    escape = node.parent.expression.name if isinstance(node.parent, exp.Escape) else "\\"
    if len(escape) != 1:
        return False
    return re.fullmatch(ESCAPED.format(re.escape(escape)), node.expression.name, re.DOTALL) is not None
