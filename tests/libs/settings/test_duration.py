from datetime import timedelta

import pytest

from libs.settings.duration import duration


@pytest.mark.parametrize(
    ("text", "length"),
    [("90s", timedelta(seconds=90)), ("30m", timedelta(minutes=30)), ("24h", timedelta(days=1)), ("7 d", timedelta(days=7))],
)
def test_a_number_and_a_unit_name_a_duration(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize("text", ["7", "d", "1w", "-1d", "1.5h", "", None])
def test_anything_else_is_refused_with_the_forms_that_are_understood(text: object) -> None:
    with pytest.raises(ValueError, match="30m, 24h or 7d"):
        duration(text)


def test_what_is_longer_than_can_be_reckoned_with_is_refused() -> None:
    with pytest.raises(ValueError, match="is too long"):
        duration("9999999999d")
