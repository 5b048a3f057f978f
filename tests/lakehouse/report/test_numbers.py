"""Numbers as the page writes them."""

import pytest

from lakehouse.report.numbers import compact, quantity


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1_500_000_000_000, "1.5T"),
        (2e12, "2T"),
        (1_500_000_000, "1.5B"),
        (2_000_000, "2M"),
        (1_200, "1.2k"),
        (999, "999"),
        (-3e12, "-3T"),
    ],
)
def test_an_axis_has_thousands_to_trillions(value: float, shown: str) -> None:
    assert compact(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(3.0, "3"), (0.5, "0.5"), (12_345.0, "12,345"), (100.0, "100"), (0.0, "0"), (-1.25, "−1.25"), (None, "–")],
)
def test_units_have_decimals_where_they_are_not_whole(value: float | None, shown: str) -> None:
    assert quantity(value) == shown
