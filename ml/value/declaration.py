"""What conf/models.yaml declares of customer value."""

from pydantic import Field

from ml.section import Section


class ValueSection(Section):
    """The section `value`: the horizon of estimates, how many must have bought again, and how sure the intervals are."""

    horizon_days: int = Field(default=90, ge=1, le=3650)
    min_repeat_buyers: int = Field(default=50, ge=10)
    interval: float = Field(default=0.95, gt=0, lt=1)
