"""Section `churn` of conf/models.yaml: who is judged, and when somebody has left."""

from datetime import date
from typing import Literal

from pydantic import Field

from ml.gold.churn_features import LONGEST_WINDOW
from ml.section import Section

Kind = Literal["event", "order"]


class Churn(Section):
    """Users active in the `active_window_days` before a cutoff are judged; who is not in the `horizon_days` from it on has left.

    active: what makes a user active on a day. Training takes `cutoffs` of them, `step_days` apart, the last one `horizon_days`
    before the moment that figures are as of. history_until: what arrived by the end of that day (UTC) counts as known when it
    happened; by default what the first run of a source took, which is its history. settle_hours: what arrives so much later
    than a cutoff still counts as known at it, for data that come after the end of their day.
    """

    active: tuple[Kind, ...] = Field(default=("event", "order"), min_length=1)
    active_window_days: int = Field(default=60, ge=1, le=LONGEST_WINDOW)
    horizon_days: int = Field(default=30, ge=1, le=366)
    cutoffs: int = Field(default=8, ge=3, le=120)
    step_days: int = Field(default=30, ge=1, le=366)
    history_until: date | None = None
    settle_hours: int = Field(default=0, ge=0, le=72)
