"""As what the values of a column can be read, by the forms that contracts read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse.contract.date_forms import date_form
from lakehouse.contract.parsing import FALSE, MOMENT, NUMBER, TRUE, WHOLE

# Those that are written most. Of 3/4/2026 either can be meant: the first that all values fit is said, and the other named.
DATE_FORMS = (
    *(f"{day}[ H:mm[:ss]]" for day in ("d.M.yyyy", "M/d/yyyy", "d/M/yyyy", "d-M-yyyy", "M-d-yyyy", "yyyy/M/d")),
    *(
        "M/d/yyyy h:mm[:ss] a",
        "d/M/yyyy h:mm[:ss] a",
        "d MMM yyyy[ H:mm[:ss]]",
        "d-MMM-yyyy[ H:mm[:ss]]",
        "MMM d, yyyy",
        "yyyyMMdd",
    ),
)
COMMA = re.compile(r"[+-]?([0-9]{1,3}([. '][0-9]{3})+|[0-9]+),[0-9]+")
GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+([.][0-9]+)?")
JSON = re.compile(r"\s*([{].*[}]|\[.*\])\s*", re.DOTALL)


@dataclass(frozen=True)
class Kind:
    """`name`: empty, whole number, number, time, yes or no, JSON or text. The others: what has to be declared to read it so."""

    name: str
    decimal: str | None = None
    thousands: str | None = None
    date_forms: Sequence[str] = ()


def kind_of(values: Sequence[str]) -> Kind:
    """The kind of a column, given its values that are there."""
    if not values:
        return Kind("empty")
    for name, pattern in (("whole number", WHOLE), ("number", NUMBER), ("time", MOMENT)):
        if _all(values, _python(pattern)):
            return Kind(name)
    if all(value.lower() in (*TRUE, *FALSE) for value in values):
        return Kind("yes or no")
    forms = [form for form in DATE_FORMS if _all(values, _python(date_form(form).pattern))]
    if forms:
        return Kind("time", date_forms=forms)
    if any(COMMA.fullmatch(value) for value in values) and all(
        COMMA.fullmatch(v) or re.fullmatch(_python(WHOLE), v) for v in values
    ):
        marks = [sign for sign in (".", " ", "'") if any(sign in value for value in values)]
        return Kind("number", ",", marks[0] if marks else None)
    if all(GROUPED.fullmatch(value) or re.fullmatch(_python(NUMBER), value) for value in values):
        return Kind("number", ".", ",")
    return Kind("JSON" if all(JSON.fullmatch(value) for value in values) else "text")


def _all(values: Sequence[str], pattern: str) -> bool:
    known = re.compile(pattern)
    return all(known.match(value) for value in values)


def _python(pattern: str) -> str:
    """Python writes the end of a text otherwise."""
    return pattern.replace(r"\z", r"\Z")
