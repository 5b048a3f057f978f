"""How long users stay: an exponential lifetime whose hazard depends on the user's segment.

A user's hazard of leaving (per day) is the base times the factors of traffic source, country and age group. A user
who has left has no events. Sessions occur at a rate per user, gamma distributed over users, as in the
Pareto/NBD model (Schmittlein, Morrison and Colombo 1987).
"""

from itertools import product

import numpy as np

from lakehouse.synthetic.places import COUNTRY_SHARES
from lakehouse.synthetic.seasonality import TrafficClock

BASE_HAZARD_PER_DAY = 1 / 60
TRAFFIC_SOURCES = ("Search", "Organic", "Facebook", "Email", "Display")
TRAFFIC_SOURCE_SHARES = (0.70, 0.15, 0.06, 0.05, 0.04)
TRAFFIC_SOURCE_FACTORS = (1.0, 0.7, 1.6, 0.6, 1.9)
COUNTRY_FACTORS = {"China": 1.2, "United States": 0.9, "Brasil": 1.3, "Germany": 0.8, "Japan": 0.75}
AGES = (12, 70)
AGE_GROUP_STARTS = (25, 45, 60)
AGE_GROUP_FACTORS = (1.4, 1.0, 0.8, 0.7)
RATE_SHAPE = 0.7

_COUNTRY_FACTORS = np.array([COUNTRY_FACTORS.get(country, 1.0) for country in COUNTRY_SHARES])


def hazard_per_day(source: np.ndarray, country: np.ndarray, age: np.ndarray) -> np.ndarray:
    """The hazard of leaving per day of users with these positions of traffic source and country and these ages."""
    age_group = np.searchsorted(AGE_GROUP_STARTS, age, side="right")
    factors = np.asarray(TRAFFIC_SOURCE_FACTORS)[source] * _COUNTRY_FACTORS[country]
    return BASE_HAZARD_PER_DAY * factors * np.asarray(AGE_GROUP_FACTORS)[age_group]


def expected_seasonal_days(clock: TrafficClock) -> float:
    """Seasonal days of the average user before they leave or the span ends.

    For a hazard h it is the sum over later hours of traffic times exp(-h t), averaged over sign-up times and segments.
    """
    hazards, shares = _segments()
    survival = np.exp(-hazards / 24)
    traffic = np.diff(clock.seasonal_days)
    signups = np.diff(clock.signups)
    ahead, total = np.zeros_like(hazards), 0.0
    for hour_traffic, hour_signups in zip(traffic[::-1], signups[::-1], strict=True):
        from_hour_start = hour_traffic + survival * ahead
        # Sign-ups are spread over the hour: on average they have the mean of its two ends.
        total += hour_signups * float(shares @ (from_hour_start + ahead)) / 2
        ahead = from_hour_start
    return total


def _segments() -> tuple[np.ndarray, np.ndarray]:
    """Hazard and share of users of each distinct segment of traffic source, country and age."""
    ages = np.arange(AGES[0], AGES[1] + 1)
    groups, first_of_group, ages_in_group = np.unique(
        np.searchsorted(AGE_GROUP_STARTS, ages, side="right"), return_index=True, return_counts=True
    )
    cells = product(range(len(TRAFFIC_SOURCES)), range(len(COUNTRY_SHARES)), groups)
    source, country, group = np.array(list(cells)).T
    shares = (
        np.asarray(TRAFFIC_SOURCE_SHARES)[source]
        * np.array(list(COUNTRY_SHARES.values()))[country]
        * (ages_in_group / len(ages))[group]
    )
    return hazard_per_day(source, country, ages[first_of_group][group]), shares
