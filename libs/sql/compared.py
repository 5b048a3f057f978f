"""Comparisons in declared SQL that end a query whatever the rows are: of values of different kinds, and with a text that is no day."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

import sqlglot
from sqlglot import exp

from libs.sql.implicit_casts import COMPARISONS
from libs.sql.kinds import Kind, kind_of
from libs.sql.verbatim import Verbatim

COMPARED: Final = (*COMPARISONS, exp.Between, exp.In)
DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
# What kinds are called, those that are compared with each other alike. A text is read as what stands beside it.
CALLED: Final[Mapping[Kind, str]] = {
    "boolean": "a boolean",
    **dict.fromkeys(("small", "whole", "number"), "a number"),
    **dict.fromkeys(("date", "moment"), "a date or time"),
    "interval": "an interval",
}


def comparison_faults(sql: str, types: Mapping[str, str]) -> Iterator[str]:
    """Why an expression would end every query, a text for each fault; `types` are those of its columns.

    Raises sqlglot.errors.ParseError where it can't be read.
    """
    of_columns = {name.lower(): type_ for name, type_ in types.items()}
    for node in sqlglot.parse_one(sql, dialect=Verbatim).find_all(*COMPARED):
        shown = f"`{node.sql(dialect=Verbatim)}`"
        parts = [part for part in parts_of(node) if not isinstance(part, exp.Null)]
        # The difference of two days or times is an interval to one engine and a number to another.
        kinds = ["unknown" if part.find(exp.Sub) else kind_of(part, of_columns) for part in parts]
        called = list(dict.fromkeys(CALLED[kind] for kind in kinds if kind in CALLED))
        if len(called) > 1:
            yield f"{shown} compares {' with '.join(called)}: cast one to the other's type"
        elif "interval" in kinds and "text" in kinds:
            yield f"{shown} compares a text with an interval: compare two times, or two numbers"
        elif called == [CALLED["date"]]:
            unread = [part.name for part in parts if isinstance(part, exp.Literal) and part.is_string and not _is_day(part.name)]
            if unread:
                yield f"{shown} compares a date or time with '{unread[0]}': write it as '2026-01-31' or '2026-01-31 10:00:00'"


def parts_of(node: exp.Expr) -> list[exp.Expr]:
    """What a comparison compares."""
    given = [node.args.get(name) for name in ("this", "expression", "low", "high")]
    return [part for part in [*given, *node.expressions] if isinstance(part, exp.Expr)]


def _is_day(text: str) -> bool:
    with suppress(ValueError):
        return DAY.match(text) is not None and datetime.fromisoformat(text) is not None
    return False
