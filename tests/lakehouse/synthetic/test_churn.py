import numpy as np
import pandas as pd
import pytest

from lakehouse.synthetic.churn import TRAFFIC_SOURCE_FACTORS, TRAFFIC_SOURCES, expected_seasonal_days, hazard_per_day
from lakehouse.synthetic.parameters import SECONDS_PER_DAY, Parameters
from lakehouse.synthetic.seasonality import traffic_clock
from lakehouse.synthetic.users import draw_users
from tests.lakehouse.synthetic.reading import Export, moments


def test_a_user_who_left_has_no_later_event(export: Export) -> None:
    events = export.clean("events").assign(occurred_at=lambda rows: moments(rows["created_at"]))
    last = events[events["user_id"] != ""].groupby("user_id")["occurred_at"].max()
    planted = export.planted_users().dropna(subset="churned_at")

    last_of_user = planted["user_id"].astype(str).map(last)
    assert len(planted) == export.truth["totals"]["churned_users"] > 4_000
    assert (last_of_user <= planted["churned_at"]).all()


def test_a_user_has_no_event_before_the_sign_up(export: Export) -> None:
    events = export.clean("events")
    first = moments(events["created_at"]).dt.floor("s").groupby(events["user_id"]).min()
    users = export.clean("users").set_index("id")

    signed_up = moments(users["created_at"]).dt.floor("s")
    assert (first[users.index] == signed_up).all()


def test_the_planted_hazard_by_traffic_source_is_found_again() -> None:
    clock = traffic_clock(Parameters())
    users = draw_users(np.random.default_rng(1), clock, 1, 100_000, 0.05)

    days = pd.Series((users.last_start_at - users.created_at) / SECONDS_PER_DAY)
    left_per_day = pd.Series(users.has_churned).groupby(users.source).sum() / days.groupby(users.source).sum()
    expected = pd.Series(users.hazard * days).groupby(users.source).sum() / days.groupby(users.source).sum()

    assert left_per_day.tolist() == pytest.approx(expected.tolist(), rel=0.05)
    relative = (left_per_day / left_per_day[TRAFFIC_SOURCES.index("Search")]).tolist()
    assert relative == pytest.approx(TRAFFIC_SOURCE_FACTORS, rel=0.08)


def test_the_factors_of_a_segment_multiply() -> None:
    display, brasil, young = TRAFFIC_SOURCES.index("Display"), 2, 20

    hazard = hazard_per_day(np.array([display]), np.array([brasil]), np.array([young]))

    assert hazard.tolist() == pytest.approx([1 / 60 * 1.9 * 1.3 * 1.4])


@pytest.mark.parametrize("age_and_factor", [(24, 1.4), (25, 1.0), (44, 1.0), (45, 0.8), (59, 0.8), (60, 0.7)])
def test_an_age_group_starts_at_its_first_age(age_and_factor: tuple[int, float]) -> None:
    age, factor = age_and_factor

    assert hazard_per_day(np.array([0]), np.array([1]), np.array([age])).tolist() == pytest.approx([factor * 0.9 / 60])


def test_the_expected_life_is_the_mean_of_many_users() -> None:
    clock = traffic_clock(Parameters())
    users = draw_users(np.random.default_rng(2), clock, 1, 200_000, 0.05)

    lived = clock.seasonal_days_until(users.last_start_at) - clock.seasonal_days_until(users.created_at)

    assert expected_seasonal_days(clock) == pytest.approx(lived.mean(), rel=0.01)
