"""Durations as declarations write them: a number and a unit, such as 90s, 30m, 24h or 7d."""

import re
from datetime import timedelta

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: object) -> timedelta:
    """Return the length of time that `text` names.

    Raises ValueError, with the accepted forms, for anything else.
    """
    found = re.fullmatch(r"(\d+)\s*([smhd])", str(text).strip())
    if found is None:
        raise ValueError(f"{text!r} is not a duration; write a number and a unit, as in 90s, 30m, 24h or 7d")
    try:
        return timedelta(**{UNITS[found.group(2)]: int(found.group(1))})
    except OverflowError:
        raise ValueError(f"{text!r} is too long") from None
