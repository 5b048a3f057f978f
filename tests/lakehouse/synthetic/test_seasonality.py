from datetime import date

import numpy as np
import pytest

from lakehouse.synthetic.parameters import SECONDS_PER_DAY, Parameters, epoch_day
from lakehouse.synthetic.seasonality import DRIFT, WEEKDAY_LEVELS, YEARLY_GROWTH, season_level, traffic_clock


def hours(first: date, days: int) -> np.ndarray:
    return epoch_day(first) * SECONDS_PER_DAY + 3_600 * np.arange(24 * days)


def test_weekdays_have_the_planted_levels_from_monday_on() -> None:
    levels = season_level(hours(date(2024, 7, 1), 7 * 52)).reshape(52, 7, 24).mean(axis=(0, 2))

    assert (levels / levels.mean()).tolist() == pytest.approx((np.array(WEEKDAY_LEVELS) / 1.0).tolist(), rel=0.01)


def test_traffic_peaks_around_the_first_of_december() -> None:
    daily = season_level(hours(date(2023, 1, 1), 365)).reshape(365, 24).mean(axis=1)

    weekly = np.convolve(daily, np.full(7, 1 / 7), mode="valid")
    assert abs(int(weekly.argmax()) + 3 - 334) <= 5
    assert weekly.max() / weekly.min() == pytest.approx(1.25 / 0.75, rel=0.02)


def test_the_level_of_an_average_day_is_one() -> None:
    assert season_level(hours(date(2022, 1, 1), 4 * 365)).mean() == pytest.approx(1, rel=0.01)


def test_signups_grow_by_the_planted_factor_a_year() -> None:
    parameters = Parameters()
    clock = traffic_clock(parameters)

    years = [epoch_day(date(year, 1, 1)) * SECONDS_PER_DAY for year in (2023, 2024, 2025)]
    bounds = np.interp([*years, clock.edges[-1]], clock.edges, clock.signups)
    first, second, third = np.diff(bounds).tolist()
    assert second / first == pytest.approx(YEARLY_GROWTH, rel=0.02)
    assert third / second == pytest.approx(YEARLY_GROWTH, rel=0.02)


def test_a_time_is_where_its_traffic_has_come() -> None:
    clock = traffic_clock(Parameters())
    moment = np.array([epoch_day(date(2024, 5, 6)) * SECONDS_PER_DAY + 12_345])

    assert abs(clock.time_at(clock.seasonal_days_until(moment)) - moment).max() <= 1


def test_users_come_the_planted_times_as_often_once_they_have_drifted() -> None:
    day = date(2025, 6, 2)
    plain, drifted = (traffic_clock(Parameters(drift_from=of)) for of in (None, day))
    moments = (epoch_day(day) + np.array([-7, 0, 7])) * SECONDS_PER_DAY
    before, after = np.diff(drifted.seasonal_days_until(moments)) / np.diff(plain.seasonal_days_until(moments))
    assert (before, after) == pytest.approx((1, DRIFT))
    assert np.array_equal(plain.signups, drifted.signups)
