"""How likely each active user is to leave, by the champion of the registry, with the three strongest reasons.

Grain: one row per user and moment that was scored, the `as_of` of the run. Scope: users of `gold.churn_features` at that moment.
Reasons are SHAP values (XGBoost's own contributions), in log-odds, summed over the columns that one feature became: with the
model's base and what all other features add they are the margin, the log-odds before calibration.
Limits: a reason says what moved the score, not what would keep the user.
"""

from libs.tables import DOUBLE, STRING, TIMESTAMP, ByJob, Column, Table, fail

REASONS = (1, 2, 3)
# Bands of probability: from which on.
HIGH, MEDIUM = 0.7, 0.4
# What rounding of 32-bit sums may add up to. With an exponent, since a number with a point alone is a decimal in SQL.
SUM_WITHIN = "1e-3"
DIFFERENCE = " + ".join(["base_margin", "other_contributions", *(f"contribution_{n}" for n in REASONS)]) + " - margin"

TABLE = Table(
    name="gold.churn_scores",
    comment="Probability that active users leave, with reasons",
    columns=[
        Column("user_id", STRING, "identified user", nullable=False),
        Column("scored_at", TIMESTAMP, "moment that the score is as of", "UTC", nullable=False),
        Column("churn_probability", DOUBLE, "calibrated probability of no activity in the horizon", "rate 0 to 1"),
        Column("risk_band", STRING, f"high from {HIGH} on, medium from {MEDIUM} on, else low"),
        Column("model_version", STRING, "version of churn_prediction in the registry"),
        *[Column(f"reason_{n}", STRING, f"number {n} of the strongest reasons, in words") for n in REASONS],
        *[Column(f"contribution_{n}", DOUBLE, f"SHAP value of reason_{n}", "log-odds") for n in REASONS],
        Column("other_contributions", DOUBLE, "sum of the SHAP values of all other features", "log-odds"),
        Column("base_margin", DOUBLE, "the model's mean on what it was trained on", "log-odds"),
        Column("margin", DOUBLE, "sum of base and contributions: the score before calibration", "log-odds"),
    ],
    primary_key=["user_id", "scored_at"],
    sources=["gold.churn_features"],
    refresh=ByJob("score_model"),
    expectations=[
        fail("churn_probability between 0 and 1"),
        fail(
            f"{DIFFERENCE} between cast(-{SUM_WITHIN} as double) and cast({SUM_WITHIN} as double)", "contributions are the margin"
        ),
    ],
)
