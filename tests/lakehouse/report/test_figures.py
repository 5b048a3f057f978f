from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd
import pytest

from lakehouse.report import ReportData, figures
from lakehouse.report.data import REVENUE, SEGMENTS

Made = Callable[..., ReportData]


def revenue(*days: tuple[str, float, int]) -> pd.DataFrame:
    rows = [(pd.Timestamp(day).date(), 1, 1, 1, net, net, 0.0, paying) for day, net, paying in days]
    return pd.DataFrame(rows, columns=REVENUE)


def test_the_last_complete_day_ended_at_as_of() -> None:
    assert figures.last_complete_day(datetime(2026, 1, 1, tzinfo=UTC)) == pd.Timestamp("2025-12-31")
    assert figures.last_complete_day(datetime(2026, 1, 1, 23, 59, tzinfo=UTC)) == pd.Timestamp("2025-12-31")


def test_active_users_are_those_of_the_last_complete_day(made_data: Made) -> None:
    data = made_data(days=90)
    by_day = data.active_users.set_index("activity_date")["mau"]
    found = figures.active_users(data, "mau", 30)
    assert found.value == by_day[datetime(2025, 12, 31).date()]
    assert found.before == by_day[datetime(2025, 12, 1).date()]


def test_net_revenue_is_of_30_complete_days_and_the_30_before(made_data: Made) -> None:
    data = made_data(
        revenue=revenue(
            ("2025-11-01", 1.0, 1), ("2025-11-02", 10.0, 1), ("2025-12-01", 100.0, 1), ("2025-12-02", 1000.0, 1),
            ("2025-12-31", 2000.0, 1), ("2026-01-01", 50000.0, 1),
        )
    )  # fmt: skip
    assert figures.net_revenue(data) == figures.Figure(3000.0, 110.0)


def test_order_value_divides_all_net_revenue_by_the_orders_that_have_some(made_data: Made) -> None:
    # Two orders on one day, one on another, a day with only returns, and one on which as much came back as was sold.
    days = [("2025-12-10", 100.0, 2), ("2025-12-11", 80.0, 1), ("2025-12-12", -30.0, 0), ("2025-12-13", 0.0, 1)]
    assert figures.average_order_value(made_data(revenue=revenue(*days))).value == pytest.approx(150.0 / 4)


def test_conversion_is_purchases_by_sessions(made_data: Made) -> None:
    assert figures.conversion(made_data()).value == pytest.approx(600 / 8000)


def test_customers_and_who_ordered_again(made_data: Made) -> None:
    assert figures.customers(made_data()).value == 1000
    assert figures.repeat_share(made_data()) == pytest.approx(0.38)


def test_without_rows_there_are_no_figures(orders_only: ReportData, made_data: Made) -> None:
    assert figures.active_users(orders_only, "dau", 7) == figures.Figure(None, None)
    assert figures.conversion(orders_only).value is None
    bare = made_data(revenue=pd.DataFrame(columns=REVENUE), segments=pd.DataFrame(columns=SEGMENTS))
    assert figures.net_revenue(bare) == figures.Figure(None, None)
    assert figures.average_order_value(bare).value is None
    assert figures.customers(bare).value is None


def test_change_needs_a_base() -> None:
    assert figures.Figure(110.0, 100.0).change == pytest.approx(0.1)
    assert figures.Figure(110.0, 0.0).change is None
    # A month of returns before: net revenue rose, and a share of it would say that it fell.
    assert figures.Figure(10.0, -1000.0).change is None
    assert figures.Figure(-10.0, 100.0).change == pytest.approx(-1.1)
