"""From text to typed values. What is there but can't be read becomes null; nothing raises."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from libs.tables import DATE, DOUBLE, INTEGER, LONG, STRING, TIMESTAMP

# A failed try_cast costs tens of microseconds, since Spark makes an exception with a message of it: text that is clearly of
# another kind is recognised by its form first, or one wrongly declared column of a large file would take an hour.
WHOLE = r"^[+-]?[0-9]{1,19}([.]0*)?$"
NUMBER = r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$"


def cleaned(text: Column) -> Column:
    """The text without blanks around it; empty text is null."""
    return F.nullif(F.trim(text), F.lit(""))


def parsed(text: Column, to: str) -> Column:
    """`text` (cleaned) as `to`, null where it can't be read so.

    Whole numbers may be written with zero decimals ('12.0'). Decimals are rounded half up to the type's scale. Timestamps
    may have fractions of a second, a `T`, a zone (`Z`, ` UTC`, `+02:00`, ` Europe/Berlin`); without one they are UTC,
    which takes a session whose time zone is UTC. A date or timestamp must name year, month and day.
    """
    if to == STRING:
        return text
    if to in (LONG, INTEGER):
        return F.when(text.rlike(WHOLE), F.substring_index(text, ".", 1).try_cast(to))
    if to == DOUBLE:
        number = F.when(text.rlike(NUMBER), text.try_cast(to))
        return F.when(F.abs(number) < float("inf"), number)
    if to.startswith("decimal"):
        return F.when(text.rlike(NUMBER), text.try_cast(to))
    if to in (TIMESTAMP, DATE):
        return F.when(_names_a_day(text), text.try_cast(to))
    return text.try_cast(to)


def _names_a_day(text: Column) -> Column:
    """Spark takes '2026' or '2026-03' for the first day of it and '12:30' for that hour of the day of the run."""
    year_is_four_digits = (F.substring(text, 5, 1) == "-") & (F.substring(text, 2, 1) != ":") & (F.substring(text, 3, 1) != ":")
    return year_is_four_digits & (F.length(text) >= len("2026-3-1"))
