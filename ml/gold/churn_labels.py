"""What became of the users who were judged at a cutoff: whether they have left.

Grain: one row per user and cutoff of `gold.churn_features` whose horizon is over. Churned: no activity in the `horizon_days` from
the cutoff on, by all that is known now; activity is what section `churn` of conf/models.yaml declares.
"""

from libs.tables import DATE, INTEGER, STRING, ByJob, Column, Table, fail

TABLE = Table(
    name="gold.churn_labels",
    comment="Whether users judged at a cutoff have left",
    columns=[
        Column("user_id", STRING, "identified user", nullable=False),
        Column("cutoff", DATE, "first day of the horizon", "UTC day", nullable=False),
        Column("horizon_days", INTEGER, "length of the horizon", "days"),
        Column("active_days", INTEGER, "days of the horizon with activity", "days"),
        Column("churned", INTEGER, "1 without an active day, else 0"),
    ],
    primary_key=["user_id", "cutoff"],
    sources=["gold.churn_features", "silver.events", "silver.order_items"],
    refresh=ByJob("train_model"),
    expectations=[
        fail("churned = case when active_days = 0 then 1 else 0 end"),
        fail("active_days between 0 and horizon_days"),
    ],
)
