"""What a version of the churn model looks like on its held-out users: calibration, lift and gain by tenth, importance of features.

Grain: one row per version, curve and position. calibration: x the mean probability of a tenth of the users, y the share that left.
lift, gain: x the tenth, the highest scores first, y the figure. importance: label the feature, y the mean size of its SHAP values in
log-odds, the greatest first.
"""

from libs.tables import DOUBLE, INTEGER, LONG, STRING, ByJob, Column, Table, fail

TABLE = Table(
    name="gold.model_curves",
    comment="Calibration, lift, gain and importance of each version of the churn model",
    columns=[
        Column("model_version", STRING, "version of churn_prediction in the registry", nullable=False),
        Column("curve", STRING, "calibration, lift, gain or importance", nullable=False),
        Column("position", INTEGER, "place on the curve, from 1 on", nullable=False),
        Column("label", STRING, "what is there, where it has a name"),
        Column("x", DOUBLE, "see curve", "by curve"),
        Column("y", DOUBLE, "see curve", "by curve"),
        Column("users", LONG, "users there", "users"),
    ],
    primary_key=["model_version", "curve", "position"],
    sources=["gold.churn_labels", "gold.churn_features"],
    refresh=ByJob("train_model"),
    expectations=[fail("position >= 1"), fail("users >= 0")],
)
