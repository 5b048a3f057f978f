"""How purchase likelihood is learned: the section `purchase` of conf/models.yaml."""

from pydantic import Field

from ml.section import Section


class Trees(Section):
    """Gradient-boosted trees, by XGBoost's own names."""

    rounds: int = Field(100, ge=1)
    max_depth: int = Field(4, ge=1)
    learning_rate: float = Field(0.1, gt=0)
    min_child_weight: float = Field(5.0, ge=0)


class PurchaseSection(Section):
    """Days asked about and looked back on, cutoffs to train, validate and test by, and when there is too little to learn from."""

    horizon_days: int = Field(30, ge=1)
    window_days: int = Field(90, ge=1)
    step_days: int = Field(7, ge=1)
    train_cutoffs: int = Field(12, ge=1)
    validation_cutoffs: int = Field(4, ge=1)
    test_cutoffs: int = Field(4, ge=1)
    least_bought: int = Field(10, ge=1)
    top: int = Field(100, ge=1)
    trees: Trees = Trees()
