"""From text to typed values. What is there but can't be read becomes null; nothing raises.

Which forms are read is said by patterns, and not by what an engine's cast happens to take: engines differ in that, and some
guess (Spark reads `EST` as New York's time and `2026` as its first day). What matches is cast alike by all of them. A failed
try_cast costs Spark tens of microseconds besides, since it makes an exception with a message of it.
"""

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from libs.tables import BOOLEAN, DATE, DOUBLE, INTEGER, LONG, STRING, TIMESTAMP

# Patterns end in \z: for Java, $ also stands before a line break at the end.
WHOLE = r"^[+-]?[0-9]{1,19}([.]0*)?\z"
PLAIN = r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)"
EXPONENT = r"[eE]([+-]?[0-9]{1,3})\z"
NUMBER = rf"{PLAIN}({EXPONENT}|\z)"
# Digits that every engine reads as a decimal.
SHORT = 38
MONTH_AND_DAY = r"-(0?[1-9]|1[0-2])-(0?[1-9]|[12][0-9]|3[01])"
CLOCK = r"[ T]([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9]([.][0-9]{1,9})?)?"
IN_UTC = r" ?(Z|UTC|GMT)"
# No abbreviations: EST, IST or BST mean several zones.
OTHER_ZONE = r" ?([+-](0[0-9]|1[0-8])(:?[0-5][0-9])?|[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+)+)"
# Not all engines compute when the clocks will change from 2100 on, and with an offset the year 9999 may become 10000.
BEFORE_2100 = r"(1[0-9]|20)[0-9]{2}"
# The zero of a program's clock: no moment, but known to be long ago.
LONG_AGO = rf"^0[0-9]{{3}}{MONTH_AND_DAY}"
MOMENT = rf"^([1-9][0-9]{{3}}{MONTH_AND_DAY}({CLOCK}({IN_UTC})?)?|{BEFORE_2100}{MONTH_AND_DAY}{CLOCK}{OTHER_ZONE})\z"
TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")

MINUTES_AND_ZONE = r"^([^:]+:[0-9]+)( ?[A-Z+-].*)$"


def parsed(text: Column, to: str) -> Column:
    """`text` (cleaned, `lakehouse.contract.cleaning`) as `to`, null where it can't be read so.

    Whole numbers may be written with zero decimals (`12.0`), other numbers with an exponent (`1.5e2`). Decimals are rounded
    half up to the type's scale. Booleans are the words of TRUE and FALSE, in any case.

    A timestamp is a day, `2026-03-01` or `2026-3-1`, of the years 1000 to 9999, and mostly a time of it: behind a `T` or a
    blank `10:15`, `10:15:30`, or with up to nine decimals, cut to microseconds, `10:15:30.123456`. A zone may follow, with or
    without a blank: `Z`, `UTC`, `GMT`, or before 2100 `+02:00`, `+0200`, `+02`, or a name such as `Europe/Berlin`. Without one it is
    UTC, which takes a session whose time zone is UTC. In a named zone a time that the clocks skip counts from the offset before
    (02:30 becomes 03:30), and one that they pass twice is the first. A date is the day that such text names, as written.
    """
    if to == STRING:
        return text
    if to in (LONG, INTEGER):
        return F.when(text.rlike(WHOLE), F.substring_index(text, ".", 1).try_cast(to))
    if to == DOUBLE:
        number = F.when(text.rlike(NUMBER), text.try_cast(to))
        return F.when(F.abs(number) < float("inf"), number)
    if to.startswith("decimal"):
        return _decimal(text, to)
    if to == BOOLEAN:
        word = F.lower(text)
        return F.when(word.isin(*TRUE), F.lit(True)).when(word.isin(*FALSE), F.lit(False))
    if to == TIMESTAMP:
        return F.when(text.rlike(MOMENT), _with_seconds(text).try_cast(to))
    if to == DATE:
        day = F.substring_index(F.substring_index(text, "T", 1), " ", 1)
        return F.when(text.rlike(MOMENT), day.try_cast(to))
    raise ValueError(f"{to}: no type that text is read as")


def in_known_zones(moment: Column, zones: Mapping[str, str]) -> Column:
    """Text of a moment with the offset in place of an abbreviation behind it that `zones` names."""
    for name, offset in zones.items():
        moment = F.regexp_replace(moment, rf"(:[0-9.]+) ?{name}\z", rf"$1{offset}")
    return moment


def _with_seconds(moment: Column) -> Column:
    """`10:15 UTC` as `10:15:00 UTC`: engines read no zone behind minutes."""
    until_minutes, zone = (F.regexp_extract(moment, MINUTES_AND_ZONE, part) for part in (1, 2))
    return F.when(moment.rlike(MINUTES_AND_ZONE), F.concat(until_minutes, F.lit(":00"), zone)).otherwise(moment)


def _decimal(text: Column, to: str) -> Column:
    scale = int(to.removesuffix(")").split(",")[1])
    is_plain = text.rlike(rf"{PLAIN}\z") & (F.length(text) <= SHORT)
    return F.when(is_plain, text.try_cast(to)).when(text.rlike(NUMBER), _written_out(text, scale).try_cast(to))


def _written_out(number: Column, scale: int) -> Column:
    """A number without an exponent and leading zeros, cut behind the decimal that rounding looks at: `-1.25e1` is `-012.5`.

    Not all engines read exponents, or dozens of digits, as decimals.
    """
    mantissa = F.translate(F.regexp_extract(number, PLAIN, 0), "+-", "")
    exponent = F.coalesce(F.nullif(F.regexp_extract(number, EXPONENT, 1), F.lit("")).cast(INTEGER), F.lit(0))
    whole = F.substring_index(mantissa, ".", 1)
    digits, point_on = F.translate(mantissa, ".", ""), F.length(whole) + exponent
    before = F.repeat(F.lit("0"), F.greatest(-point_on, F.lit(0)))
    behind = F.repeat(F.lit("0"), F.greatest(point_on - F.length(digits), F.lit(0)))
    padded, point = F.concat(before, digits, behind), F.greatest(point_on, F.lit(0))
    integer = F.regexp_replace(F.substring(padded, F.lit(1), point), "^0+", "")
    return F.concat(
        F.when(number.startswith("-"), "-0").otherwise("0"), integer, F.lit("."), F.substring(padded, point + 1, F.lit(scale + 1))
    )
