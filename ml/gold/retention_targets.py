"""Whom to make an offer to: the users whose offer has the highest expected value.

Grain: one row per user, of the newest scores. expected_value = churn_probability x value x winback - cost, by section `offer` of
conf/models.yaml; users whose offer would cost more than it brings are left out, and so are those beyond the declared number.
Limits: a ranking by who may leave, not by whom an offer keeps: that needs a randomised holdout.
"""

from libs.tables import DOUBLE, INTEGER, STRING, TIMESTAMP, ByJob, Column, Table, fail

TABLE = Table(
    name="gold.retention_targets",
    comment="Users whose offer has the highest expected value",
    columns=[
        Column("user_id", STRING, "identified user", nullable=False),
        Column("rank", INTEGER, "1 for the highest expected value; of equal ones by user_id", "place"),
        Column("expected_value", DOUBLE, "expected value of the offer less its cost", "currency"),
        Column("churn_probability", DOUBLE, "calibrated probability of leaving", "rate 0 to 1"),
        Column("reason_1", STRING, "strongest reason of the score, in words"),
        Column("scored_at", TIMESTAMP, "moment that the score is as of", "UTC"),
        Column("model_version", STRING, "version of churn_prediction in the registry"),
    ],
    primary_key=["user_id"],
    sources=["gold.churn_scores"],
    refresh=ByJob("score_model"),
    expectations=[fail("rank >= 1"), fail("expected_value > 0", "an offer that costs more than it brings is not made")],
)
