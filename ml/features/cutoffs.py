"""Cutoffs: the moments at which it is asked what was known of users."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from libs.errors import InputError
from ml.features.declaration import Churn


@dataclass(frozen=True, order=True)
class Cutoff:
    """Facts count that happened before midnight UTC, where `day` begins, and were known before the moment `known_before`, UTC."""

    day: date
    known_before: datetime


def past(day: date, churn: Churn) -> Cutoff:
    """The cutoff of a day that is over: what was known by then, with what the declaration lets settle."""
    return Cutoff(day, datetime.combine(day, time.min, UTC) + timedelta(hours=churn.settle_hours))


def present(as_of: datetime, moment: datetime) -> Cutoff:
    """The cutoff of scores: the day that figures are as of, with all that is known at `moment`."""
    return Cutoff(as_of.astimezone(UTC).date(), moment)


def for_training(as_of: datetime, churn: Churn, first_fact: date) -> Sequence[Cutoff]:
    """The declared number of cutoffs, oldest first, whose horizon is over at `as_of`; none before there are facts to judge by.

    Raises InputError where fewer than three are left: one each to train, to stop by and to test.
    """
    last = as_of.astimezone(UTC).date() - timedelta(days=churn.horizon_days)
    days = [last - timedelta(days=churn.step_days * n) for n in range(churn.cutoffs)]
    found = [past(day, churn) for day in sorted(days) if day > first_fact]
    if len(found) < 3:
        raise InputError(
            f"churn: facts from {first_fact} to {as_of:%Y-%m-%d} are too short a time: {len(found)} of the 3 cutoffs needed, "
            f"{churn.step_days} days apart and {churn.horizon_days} days before the end (conf/models.yaml: churn.step_days, horizon_days)"
        )
    return found
