import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.report.charts import HEIGHT, SMALLEST, WIDTH, Series, group_chart, time_chart, whole_weeks
from lakehouse.report.numbers import whole


def chart_of(values: list[float], bars: bool = False):  # type: ignore[no-untyped-def]
    return time_chart(
        "Users", pd.date_range("2025-01-01", periods=len(values)), [Series("DAU", values, "dau", bars)], whole, False
    )


def test_a_line_goes_through_the_middle_of_each_day() -> None:
    chart = chart_of([0.0, 50.0, 100.0, 25.0])
    assert chart.y_labels == [(0.0, "0"), (25.0, "25"), (50.0, "50"), (75.0, "75"), (100.0, "100")]
    assert chart.drawn[0].path == "M125.0,300.0L375.0,150.0L625.0,0.0L875.0,225.0"


def test_nothing_at_all_stands_on_an_axis_up_to_one() -> None:
    chart = chart_of([0.0, 0.0])
    assert [text for _, text in chart.y_labels] == ["0", "0.25", "0.5", "0.75", "1"]


def test_a_missing_value_leaves_a_gap() -> None:
    chart = chart_of([100.0, math.nan, 100.0])
    assert chart.drawn[0].path.count("M") == 2
    assert chart.tooltips[1][2] == "2 Jan 2025: DAU –"


def test_the_numbers_are_listed_newest_first() -> None:
    assert chart_of([1.0, 2345.0]).rows == [["2 Jan 2025", "2,345"], ["1 Jan 2025", "1"]]


def test_only_whole_weeks_are_drawn() -> None:
    # 1 January 2025 is a Wednesday: five days, one whole week, two days.
    days = pd.DataFrame({"dau": range(14)}, index=pd.date_range("2025-01-01", periods=14))
    weeks = whole_weeks(days, {"dau": "sum"})
    assert list(weeks.index) == [pd.Timestamp("2025-01-06")]
    assert weeks["dau"].tolist() == [sum(range(5, 12))]


@given(st.lists(st.floats(min_value=0, max_value=1e9), min_size=1, max_size=40))
def test_bars_stay_inside_the_plot_and_keep_their_proportions(values: list[float]) -> None:
    bars = chart_of(values, bars=True).drawn[0].bars
    assert all(
        x >= 0 and x + w <= WIDTH + 0.01 and y >= -0.01 and y + h == pytest.approx(HEIGHT, abs=0.02) for x, y, w, h in bars
    )
    if max(values) > SMALLEST:
        assert max(h for *_, h in bars) > 0.5 * HEIGHT


def test_what_is_below_0_is_drawn_below_it() -> None:
    """A week with more returns than sales is not a week without any."""
    values = [10.0, -30.0, 0.0, math.nan]
    line, bars = chart_of(values), chart_of(values, bars=True)
    assert line.y_labels == [(0.0, "-30"), (25.0, "-20"), (50.0, "-10"), (75.0, "0"), (100.0, "10")]
    assert line.drawn[0].path == "M125.0,0.0L375.0,300.0L625.0,75.0"
    assert [(y, h) for _, y, _, h in bars.drawn[0].bars] == [(0.0, 75.0), (75.0, 225.0)]


@given(st.lists(st.floats(min_value=-1e15, max_value=1e15), min_size=1, max_size=40))
def test_bars_begin_at_0_and_stay_inside_the_plot(values: list[float]) -> None:
    chart = chart_of(values, bars=True)
    [zero] = [HEIGHT * (1 - part / 100) for part, text in chart.y_labels if text == "0"]
    for _, y, _, h in chart.drawn[0].bars:
        assert y >= -0.01 and y + h <= HEIGHT + 0.01
        assert zero in (pytest.approx(y, abs=0.02), pytest.approx(y + h, abs=0.02))


def test_stacked_bars_are_on_top_of_each_other_and_within_the_axis() -> None:
    days = pd.date_range("2025-01-06", periods=2, freq="7D")
    first, second = ([40.0, 10.0], [60.0, math.nan])
    stacked = [Series(name, values, name, bars=True, stacked=True) for name, values in (("new", first), ("back", second))]
    chart = time_chart("Lifecycle", days, [*stacked, Series("gone", [5.0, 5.0], "gone")], whole, True)
    assert chart.y_labels[-1][1] == "100"
    lower, upper = chart.drawn[0].bars, chart.drawn[1].bars
    assert [(y, h) for _, y, _, h in lower] == [(0.6 * HEIGHT, 0.4 * HEIGHT), (0.9 * HEIGHT, 0.1 * HEIGHT)]
    assert [(y, h) for _, y, _, h in upper] == [(0.0, 0.6 * HEIGHT)]
    assert chart.drawn[2].path.startswith(f"M{WIDTH / 4:.1f},{0.95 * HEIGHT:.1f}")


def test_an_area_is_closed_and_an_anomaly_is_marked_and_named() -> None:
    days = pd.date_range("2025-01-01", periods=4)
    band = Series("usual", [20.0, math.nan, 20.0, 20.0], "band", lower=[10.0, math.nan, 10.0, -5.0])
    dau = Series("DAU", [15.0, 15.0, 40.0, 15.0], "dau", marked=[False, False, True, False])
    chart = time_chart("Users", days, [dau, band], whole, False)
    assert chart.marks == [(62.5, 100.0)]
    assert chart.tooltips[2][2] == "3 Jan 2025: DAU 40, anomaly, usual 10 to 20"
    assert chart.rows[2] == ["2 Jan 2025", "15", "–"]
    assert chart.drawn[1].area == "M125.0,150.0L125.0,225.0ZM625.0,150.0L875.0,150.0L875.0,300.0L625.0,225.0Z"


def test_groups_stand_in_their_order_each_under_its_name() -> None:
    series = [Series("Made", [4.0, 1.0], "measured"), Series("Expected", [2.0, math.nan], "expected")]
    chart = group_chart("Purchases", ["0", "7+"], "Before", series, whole)

    assert chart.x_labels == [(25.0, "0"), (75.0, "7+")]
    assert (chart.head, chart.rows) == (["Before", "Made", "Expected"], [["0", "4", "2"], ["7+", "1", "–"]])
    assert chart.drawn[0].path == "M250.0,0.0L750.0,225.0"
    assert chart.summary == "Purchases; 0: Made 4, Expected 2; 7+: Made 1, Expected –"
