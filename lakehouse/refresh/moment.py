"""The moment that figures are as of, as a user writes it."""

import re
from datetime import UTC, date, datetime, timedelta

from libs.errors import InputError

FORMS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?")


def moment_of(text: str) -> datetime:
    """A date means the end of that day, so that the day counts; a timestamp is the moment itself, UTC unless it says so.

    Raises InputError for anything else.
    """
    try:
        if not FORMS.fullmatch(text):
            # Python reads weeks (2026-W05-6) and digits alone, too, and not the same ones in each version.
            raise ValueError(text)
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC) + timedelta(days=1)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"AS_OF={text}: write a date (2026-01-31) or a timestamp (2026-01-31T18:00:00Z)") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
