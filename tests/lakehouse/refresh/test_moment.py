"""AS_OF takes documented forms alone."""

from datetime import UTC, datetime

import pytest

from lakehouse.refresh.moment import moment_of
from libs.errors import InputError


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-01-31T18:00", datetime(2026, 1, 31, 18, tzinfo=UTC)),
        ("2026-01-31 18:00:00.5", datetime(2026, 1, 31, 18, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-01-31T18:00:00Z", datetime(2026, 1, 31, 18, tzinfo=UTC)),
        ("2026-01-31T23:30:00-02:00", datetime(2026, 2, 1, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_day_is_its_end_and_a_timestamp_itself(text: str, moment: datetime) -> None:
    assert moment_of(text) == moment


@pytest.mark.parametrize(
    "text", ["2026-W05-6", "20260131", "2026-1-31", "2026-02-30", "31.01.2026", "2026-01-31T18", "now", "2026-01-31Z"]
)
def test_any_other_form_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(InputError, match=rf"^AS_OF={text}: write a date \(2026-01-31\) or a timestamp \(2026-01-31T18:00:00Z\)$"):
        moment_of(text)
