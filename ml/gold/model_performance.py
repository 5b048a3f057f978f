"""How good each version of the churn model is: on held-out users when it was trained, and on what came true of its scores.

Grain: one row per version, model, kind, cutoff and metric. held_out: the users of the last cutoff, whom nothing was chosen by, beside
baselines trained on the same users. realised: the scores of a day whose horizon is over, by what is known now.
Intervals are the 2.5 % and 97.5 % quantiles of a bootstrap over users.
"""

from libs.tables import DATE, DOUBLE, LONG, STRING, ByJob, Column, Table, fail

TABLE = Table(
    name="gold.model_performance",
    comment="Figures of each version of the churn model, held out and realised",
    columns=[
        Column("model_version", STRING, "version of churn_prediction in the registry", nullable=False),
        Column("model", STRING, "xgboost is the version itself; others are what it is compared with", nullable=False),
        Column("kind", STRING, "held_out or realised", nullable=False),
        Column("cutoff", DATE, "day that users were judged at", "UTC day", nullable=False),
        Column("metric", STRING, "roc_auc, average_precision, log_loss or brier", nullable=False),
        Column("value", DOUBLE, "the figure", "by metric"),
        Column("low", DOUBLE, "lower end of its interval", "by metric"),
        Column("high", DOUBLE, "upper end of its interval", "by metric"),
        Column("users", LONG, "users judged", "users"),
        Column("churned", LONG, "users that left", "users"),
    ],
    primary_key=["model_version", "model", "kind", "cutoff", "metric"],
    sources=["gold.churn_labels", "gold.churn_scores"],
    refresh=ByJob("train_model"),
    expectations=[fail("low <= high"), fail("churned between 0 and users")],
)
