"""Numbers and times as a source writes them, into the one form that contracts read.

`1.234,50` is `1234.50`, `3/14/2026 9:05` is `2026-03-14 09:05:00`. They are written so before anything else reads the field, the
SQL of feeds included. A number that is not of the declared form is marked, so that it is not taken for another: with a decimal
comma `1.5` is no number. Of times what is of no declared form stays as it is: contracts read nothing but ISO, which can't be taken
for another form.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from lakehouse.contract.date_forms import DateForm, date_form
from lakehouse.contract.source import Feed, Written

UNREAD = "unread: "
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SPACES = " \u00a0\u202f\u2009"
APOSTROPHES = "'’"


def number_text(text: Column, decimal: str, thousands: str | None) -> Column:
    """The number with a point before its decimals and nothing between its thousands; else the text behind UNREAD.

    decimal: a point or a comma. thousands: the sign between groups of digits, the last of three and others of two or three (as in
    India); a blank stands for all kinds of it, and an apostrophe too.
    """
    between = (
        None if thousands is None else SPACES if thousands in SPACES else APOSTROPHES if thousands in APOSTROPHES else thousands
    )
    point, group = re.escape(decimal), None if between is None else f"[{re.escape(between)}]"
    grouped = "" if group is None else f"[0-9]{{1,3}}({group}[0-9]{{2,3}})*{group}[0-9]{{3}}|"
    pattern = rf"^[+-]?(({grouped}[0-9]+)({point}[0-9]*)?|{point}[0-9]+)([eE][+-]?[0-9]{{1,3}})?\z"
    bare = text if between is None else F.translate(text, between, "")
    return F.when(text.rlike(pattern), F.translate(bare, decimal, ".")).otherwise(F.concat(F.lit(UNREAD), text))


def time_text(text: Column, forms: Sequence[str]) -> Column:
    """The time of the first of the forms (`lakehouse.contract.date_forms`) that fits, as ISO; else the text as it is."""
    known = [date_form(form) for form in forms]
    return reduce(
        lambda otherwise, form: F.when(text.rlike(form.pattern), _iso(text, form)).otherwise(otherwise), reversed(known), text
    )


def _iso(text: Column, form: DateForm) -> Column:
    def part(name: str) -> Column:
        return F.regexp_extract(text, form.pattern, form.groups[name]) if name in form.groups else F.lit("")

    day = F.concat(_year(part("year"), form), F.lit("-"), _month(part, form), F.lit("-"), F.lpad(part("day"), 2, "0"))
    if "minute" not in form.groups:
        return day
    clock = F.concat(
        F.lit(" "), _hour(part, form), F.lit(":"), F.lpad(part("minute"), 2, "0"), F.lit(":"), F.lpad(part("second"), 2, "0")
    )
    fraction = F.when(part("fraction") != "", F.concat(F.lit("."), part("fraction"))).otherwise(F.lit(""))
    return F.when(part("minute") == "", day).otherwise(F.concat(day, clock, fraction, F.upper(part("zone"))))


def written_fields(feeds: Iterable[Feed]) -> dict[str, Written]:
    """How the fields of a table are written, those that declare it, given the feeds from it."""
    return {field: written for feed in feeds for field, written in feed.written.items()}


def canonical(text: Column, written: Written) -> Column:
    """The text of a field in the form that contracts read."""
    return time_text(text, written.date_form) if written.date_form else number_text(text, written.decimal, written.thousands)


def _year(year: Column, form: DateForm) -> Column:
    return F.concat(F.when(year < "70", F.lit("20")).otherwise(F.lit("19")), year) if form.short_year else year


def _month(part: Callable[[str], Column], form: DateForm) -> Column:
    if "month" in form.groups:
        return F.lpad(part("month"), 2, "0")
    letters = F.lower(F.substring(part("month_name"), 1, 3))
    return reduce(
        lambda known, month: F.when(letters == month[1], f"{month[0]:02}").otherwise(known), enumerate(MONTHS, 1), F.lit("")
    )


def _hour(part: Callable[[str], Column], form: DateForm) -> Column:
    if "hour" in form.groups:
        return F.lpad(part("hour"), 2, "0")
    of_half = F.nullif(part("hour_of_half"), F.lit("")).cast("int")
    hour = of_half % 12 + F.when(F.lower(part("half")).startswith("p"), 12).otherwise(0)
    return F.lpad(hour.cast("string"), 2, "0")
