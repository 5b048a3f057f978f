"""Section `drift` of conf/models.yaml: when a change counts, and when it asks for training."""

from pydantic import Field

from ml.section import Section


class Drift(Section):
    """An alarm is a change that chance does not explain and that is large enough to matter.

    false_discoveries: the share of alarms that may be chance (Benjamini and Hochberg 1995). least_psi: a smaller change is none.
    retrain_after: so many alarms, or one of the score, ask for training.
    """

    false_discoveries: float = Field(default=0.05, gt=0, lt=1)
    least_psi: float = Field(default=0.1, ge=0)
    retrain_after: int = Field(default=3, ge=1)
