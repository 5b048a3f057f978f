"""Declared forms of dates and times, `M/d/yyyy H:mm`, as patterns whose groups are the parts of a moment.

The letters are those of Java and Spark: `yyyy`, `yy` (1970 to 2069), `MM`, `M`, `MMM` and `MMMM` (English names), `dd`, `d`, `HH`, `H`,
`hh`, `h` with `a` (AM or PM), `mm`, `m`, `ss`, `s`, `S` (decimals of a second, as many as there are), `X` (an offset or Z). A letter
alone takes one digit or two, two letters two. What is in square brackets may be missing; text in single quotes stands for itself.
Engines read such forms each in its own way, so that they are read here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

# Each part of a moment, and the patterns of the letters that name it.
PARTS: Mapping[str, Mapping[str, str]] = {
    "year": {"yyyy": "[0-9]{4}", "yy": "[0-9]{2}"},
    "month": {"MM": "0[1-9]|1[0-2]", "M": "0?[1-9]|1[0-2]"},
    "month_name": {
        "MMMM": "January|February|March|April|May|June|July|August|September|October|November|December",
        "MMM": "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec",
    },
    "day": {"dd": "0[1-9]|[12][0-9]|3[01]", "d": "0?[1-9]|[12][0-9]|3[01]"},
    "hour": {"HH": "[01][0-9]|2[0-3]", "H": "[01]?[0-9]|2[0-3]"},
    "hour_of_half": {"hh": "0[1-9]|1[0-2]", "h": "0?[1-9]|1[0-2]"},
    "half": {"a": "[AaPp][.]?[Mm][.]?"},
    "minute": {"mm": "[0-5][0-9]", "m": "[0-5]?[0-9]"},
    "second": {"ss": "[0-5][0-9]", "s": "[0-5]?[0-9]"},
    "fraction": {},
    "zone": {"X": "Z|[+-][0-9]{2}(?::?[0-9]{2})?"},
}
TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|\[|\]|.", re.DOTALL)
BLANKS = " \u00a0\u202f"


@dataclass(frozen=True)
class DateForm:
    """A pattern of a whole text, and the number of the group that holds each part; `short_year`: whether years have two digits."""

    pattern: str
    groups: Mapping[str, int]
    short_year: bool


@cache
def date_form(form: str) -> DateForm:
    """The form that is written so. Raises ValueError, which says what is wrong with it."""
    pattern, groups, depth = "", dict[str, int](), 0
    short_year = False
    for token in TOKEN.finditer(form):
        text = token[0]
        if text in "[]":
            depth += 1 if text == "[" else -1
            pattern += "(?:" if text == "[" else ")?"
            if depth < 0:
                raise ValueError(f"{form!r} has a ] without a [")
        elif token[2]:
            part, letters = _part(text, form)
            if part in groups:
                raise ValueError(f"{form!r} names the {part.replace('_', ' ')} twice")
            groups[part] = len(groups) + 1
            short_year = short_year or text == "yy"
            pattern += f"({letters})"
        else:
            pattern += _literal(token[1].replace("''", "'") if token[1] is not None else text)
    if depth:
        raise ValueError(f"{form!r} has a [ that is not closed")
    _check(groups, form)
    return DateForm(f"(?i)^{pattern}\\z", groups, short_year)


def _part(letters: str, form: str) -> tuple[str, str]:
    if set(letters) == {"S"}:
        return "fraction", "[0-9]{1,9}"
    part = next((part for part, known in PARTS.items() if letters in known), None)
    if part is None:
        known = ", ".join(name for names in PARTS.values() for name in names)
        raise ValueError(
            f"{form!r} has {letters}, which is none of {known}, S; text that stands for itself is put in single quotes"
        )
    return part, PARTS[part][letters]


def _literal(text: str) -> str:
    return "".join(f"[{BLANKS}]" if sign == " " else re.escape(sign) for sign in text)


def _check(groups: Mapping[str, int], form: str) -> None:
    for name, needed in (("year", "yyyy or yy"), ("day", "dd or d")):
        if name not in groups:
            raise ValueError(f"{form!r} names no {name}: {needed}")
    if ("month" in groups) == ("month_name" in groups):
        raise ValueError(f"{form!r} needs the month once: MM, M, MMM or MMMM")
    if ("hour_of_half" in groups) != ("half" in groups):
        raise ValueError(f"{form!r}: hh and a go together")
    if "minute" in groups and not {"hour", "hour_of_half"} & set(groups):
        raise ValueError(f"{form!r} has minutes and no hour")
    if {"hour", "hour_of_half"} & set(groups) and "minute" not in groups:
        raise ValueError(f"{form!r} has an hour and no minutes")
    if "zone" in groups and "minute" not in groups:
        raise ValueError(f"{form!r} has a zone and no time")
