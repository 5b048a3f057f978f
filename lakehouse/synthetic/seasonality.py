"""Traffic over time: growth over the span, weekly and yearly seasons, and the hours of the day.

Traffic is an inhomogeneous Poisson process. Its intensity is summed once over an hourly grid, and times are drawn
by inverting that sum, so that no draw is rejected. One *seasonal day* is a day's worth of traffic in an average season.
"""

from dataclasses import dataclass

import numpy as np

from lakehouse.synthetic.parameters import EPOCH, SECONDS_PER_DAY, Parameters, epoch_day

SECONDS_PER_HOUR = 3_600
DAYS_PER_YEAR = 365.25
YEARLY_GROWTH = 1.6
YEARLY_AMPLITUDE = 0.25
YEARLY_PEAK_DAY = 335
WEEKDAY_LEVELS = (0.94, 0.92, 0.95, 0.98, 1.05, 1.12, 1.04)
# How many times as often identified users come once they have drifted.
DRIFT = 12.0
HOUR_LEVELS = (
    *(0.45, 0.30, 0.22, 0.18, 0.18, 0.25, 0.45, 0.70, 0.95, 1.15, 1.25, 1.30),
    *(1.35, 1.30, 1.25, 1.25, 1.30, 1.40, 1.55, 1.70, 1.75, 1.60, 1.30, 0.87),
)


@dataclass(frozen=True)
class TrafficClock:
    """Cumulative traffic over the span.

    `edges` are the hours' bounds (epoch seconds); `seasonal_days` and `signups` are the traffic until each of them, in
    seasonal days and as a share (0 to 1) of all sign-ups.
    """

    edges: np.ndarray
    seasonal_days: np.ndarray
    signups: np.ndarray

    def seasonal_days_until(self, seconds: np.ndarray) -> np.ndarray:
        """Seasonal days from the span's start until `seconds` (epoch)."""
        return np.interp(seconds, self.edges, self.seasonal_days)

    def time_at(self, seasonal_days: np.ndarray) -> np.ndarray:
        """The moments (whole epoch seconds) at which `seasonal_days` of traffic are reached."""
        return np.interp(seasonal_days, self.seasonal_days, self.edges).astype(np.int64)

    def signup_time_at(self, share: np.ndarray) -> np.ndarray:
        """The moments (whole epoch seconds) at which a `share` (0 to 1) of the sign-ups is reached."""
        return np.interp(share, self.signups, self.edges).astype(np.int64)


def season_level(seconds: np.ndarray) -> np.ndarray:
    """The level of traffic at `seconds` (epoch), where an average day's is 1."""
    days = seconds // SECONDS_PER_DAY
    weekday = (days + EPOCH.weekday()) % 7
    phase = 2 * np.pi * (days % DAYS_PER_YEAR - YEARLY_PEAK_DAY) / DAYS_PER_YEAR
    hour = seconds // SECONDS_PER_HOUR % 24
    weekly = np.asarray(WEEKDAY_LEVELS) / np.mean(WEEKDAY_LEVELS)
    hourly = np.asarray(HOUR_LEVELS) / np.mean(HOUR_LEVELS)
    return weekly[weekday] * (1 + YEARLY_AMPLITUDE * np.cos(phase)) * hourly[hour]


def traffic_clock(parameters: Parameters) -> TrafficClock:
    """The traffic of the span; it stops an hour before the end, so that every session ends within the span."""
    first = parameters.first_day * SECONDS_PER_DAY
    end = parameters.end_day * SECONDS_PER_DAY - SECONDS_PER_HOUR
    edges = np.arange(first, end + 1, SECONDS_PER_HOUR)
    level = season_level(edges[:-1])
    often = level * np.where(edges[:-1] >= _drifts_at(parameters), DRIFT, 1.0)
    growth = YEARLY_GROWTH ** ((edges[:-1] - first) / (DAYS_PER_YEAR * SECONDS_PER_DAY))
    seasonal_days = np.concatenate([[0.0], np.cumsum(often) / 24])
    signups = np.concatenate([[0.0], np.cumsum(level * growth)])
    return TrafficClock(edges, seasonal_days, signups / signups[-1])


def _drifts_at(parameters: Parameters) -> float:
    """The moment (epoch seconds) from which users come more often; infinite where they never do."""
    return np.inf if parameters.drift_from is None else epoch_day(parameters.drift_from) * float(SECONDS_PER_DAY)
