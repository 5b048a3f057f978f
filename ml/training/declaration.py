"""Sections `training` and `offer` of conf/models.yaml: how the churn model is made, and what an offer to keep a user is worth."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator

from ml.gold.churn_features import FEATURES, TEXTS
from ml.section import Section

Positive = Annotated[float, Field(gt=0)]
NUMBERS = tuple(column.name for column in FEATURES if column.name not in TEXTS)


class Parameters(Section):
    """XGBoost's parameters where nothing is tuned; tuning looks around them."""

    max_depth: int = Field(default=4, ge=1, le=12)
    learning_rate: float = Field(default=0.08, gt=0, le=1)
    min_child_weight: float = Field(default=8, ge=0)
    subsample: float = Field(default=0.8, gt=0, le=1)
    colsample_bytree: float = Field(default=0.7, gt=0, le=1)
    reg_lambda: float = Field(default=2.0, ge=0)
    gamma: float = Field(default=0.0, ge=0)


class Training(Section):
    """How the model is trained.

    trials: how many sets of parameters tuning tries, 0 for none. rounds: at most so many trees; training stops once
    `early_stopping_rounds` more of them did not help on the cutoff before the last. class_weight: `balanced` weighs both classes
    alike. resampling: `smote` adds synthetic users of the rarer class to what is trained on. monotone: features with which the
    margin may only rise (1) or fall (-1). workers: processes that train on a cluster. resamples: of the bootstrap.
    """

    seed: int = 7
    trials: int = Field(default=10, ge=0, le=1000)
    rounds: int = Field(default=400, ge=1, le=10_000)
    early_stopping_rounds: int = Field(default=20, ge=1)
    class_weight: Literal["none", "balanced"] = "none"
    resampling: Literal["none", "smote"] = "none"
    compare_smote: bool = True
    monotone: Mapping[str, Literal[-1, 1]] = {"recency_days": 1}
    parameters: Parameters = Parameters()
    workers: int = Field(default=2, ge=1)
    resamples: int = Field(default=200, ge=20, le=10_000)

    @field_validator("monotone")
    @classmethod
    def _are_numbers(cls, monotone: Mapping[str, int]) -> Mapping[str, int]:
        unknown = sorted(set(monotone) - set(NUMBERS))
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no number of gold.churn_features; those are {', '.join(NUMBERS)}")
        return monotone


class Offer(Section):
    """An offer to a user who may leave: expected value = P(churn) x `value` x `winback` - `cost`; the best `top` are targets."""

    value: Positive = 150.0
    winback: float = Field(default=0.3, gt=0, le=1)
    cost: float = Field(default=10.0, ge=0)
    top: int = Field(default=500, ge=1)
