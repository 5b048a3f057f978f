"""Requests and answers as the OpenAPI page describes them. Requests are not read by these: `ml.serving.asked` takes a tenth of the time."""

from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from ml.serving.declaration import LONGEST_ID

EXAMPLE = "1001"


class Prediction(BaseModel):
    """What the champion says of a user."""

    user_id: str
    churn_probability: float = Field(ge=0, le=1, description="calibrated probability of no activity in the horizon")
    risk_band: str = Field(description="high, medium or low")
    reasons: list[str] = Field(description="the three strongest reasons of the score, the strongest first")
    model_version: str = Field(description="version of churn_prediction in the registry")
    cutoff: date = Field(description="facts before this day (UTC) count")


class Batch(BaseModel):
    """The same of several users, in the order asked for; `unknown` are those without a score."""

    predictions: list[Prediction]
    unknown: list[str]


class Segment(BaseModel):
    """Of gold.customer_metrics."""

    rfm_segment: str | None
    engagement_tier: str


class Value(BaseModel):
    """Of gold.customer_value."""

    expected_purchases: float | None
    expected_value: float | None
    probability_alive: float | None
    horizon_days: int | None


class Recommendation(BaseModel):
    """Of gold.recommendations."""

    rank: int
    product_id: str
    score: float | None


class Customer(BaseModel):
    """What is known of a customer; a part whose table does not exist, or does not hold the customer, is null."""

    user_id: str
    segment: Segment | None
    value: Value | None
    recommendations: list[Recommendation] | None
    score: Prediction | None


class Fault(BaseModel):
    """Why there is no answer."""

    detail: str


def body_of_predict(batch: int) -> dict[str, Any]:
    """The request's body in OpenAPI."""
    user = {"type": "string", "minLength": 1, "maxLength": LONGEST_ID, "examples": [EXAMPLE]}
    users = {"type": "array", "items": user, "minItems": 1, "maxItems": batch}
    forms = [
        {"type": "object", "required": [name], "properties": {name: of}, "additionalProperties": False}
        for name, of in {"user_id": user, "user_ids": users}.items()
    ]
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": {"oneOf": forms}}}}}


def faults(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These statuses, as answers of a route."""
    return {status: {"model": Fault} for status in statuses}
