from collections.abc import Callable

from lakehouse.report import ReportData
from lakehouse.report.funnels import funnels

Made = Callable[..., ReportData]


def test_a_step_is_compared_with_the_entry_and_with_the_last_step_that_is_not_optional(made_data: Made) -> None:
    (part,) = funnels(made_data())
    assert part.title == "Purchase"
    assert part.said == (
        "By user, steps in order, within 7 days of the entry. "
        "Entered 25 Nov 2025 to 24 Dec 2025, the last days whose window is complete."
    )
    assert [(texts, share) for texts, share in part.steps.rows] == [
        (("1. viewed", "200", "100.0 %", "", ""), 100.0),
        (("2. in cart (optional)", "40", "20.0 %", "20.0 %", "1.5 min"), 20.0),
        (("3. bought", "50", "25.0 %", "25.0 %", "1.5 h"), 25.0),
    ]


def test_breakdowns_show_who_reached_the_last_step_and_empty_ones_are_left_out(made_data: Made) -> None:
    (part,) = funnels(made_data())
    assert [table.title for table in part.breakdowns] == ["By device"]
    assert [texts for texts, _ in part.breakdowns[0].rows] == [("Chrome", "150", "30.0 %"), ("Safari", "50", "10.0 %")]


def test_a_funnel_without_entrants_is_shown_and_says_so(orders_only: ReportData) -> None:
    (part,) = funnels(orders_only)
    assert (part.steps.rows, part.breakdowns) == ([], [])
    assert part.said == "By user, steps in order, within 7 days of the entry."
