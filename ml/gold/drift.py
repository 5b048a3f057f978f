"""Whether features and scores are still distributed as they were on the users that the model was tested on.

Grain: one row per check (the moment that scores are as of), kind and name: a feature of the champion, or its score.
PSI, the sum over bins of (q - p) ln(q / p), compares shares p of the reference with shares q of now, the bins fixed on the reference:
users of the two newest cutoffs that the model was made with. Whether chance explains a difference is decided by Pearson's chi-square
test that both have the same shares. Who is in the reference at both cutoffs is not two independent users: its n rows count as n divided
by the design effect (Rao and Scott 1992), (sum of y^2 / p - sum of n^2) / (n (K - 1)), y being the rows of a user in a bin, n those of the
user, and K the number of bins. An alarm is a PSI of at least `drift.least_psi` (conf/models.yaml) that chance does not explain, with control of the
false discovery rate over all of a check (Benjamini and Hochberg): without any change a check has an alarm with a probability of at
most `drift.false_discoveries`.
"""

from libs.tables import BOOLEAN, DOUBLE, LONG, STRING, TIMESTAMP, ByJob, Column, Table, fail

TABLE = Table(
    name="gold.drift",
    comment="How far features and scores moved from those that the model was made on",
    columns=[
        Column("checked_at", TIMESTAMP, "moment that the scores are as of", "UTC", nullable=False),
        Column("kind", STRING, "feature or score", nullable=False),
        Column("name", STRING, "name of the feature, or churn_probability", nullable=False),
        Column("model_version", STRING, "version of churn_prediction in the registry"),
        Column("users", LONG, "users checked", "users"),
        Column("reference_users", LONG, "users of the reference, once for each of its cutoffs", "users"),
        Column("psi", DOUBLE, "population stability index: below 0.1 stable, above 0.25 large", "index"),
        Column("psi_by_chance", DOUBLE, "what samples of an unchanged population stay below in 95 of 100 cases", "index"),
        Column("p_value", DOUBLE, "how likely an unchanged population differs as much, by a chi-square test", "rate 0 to 1"),
        Column("level", STRING, "stable, moderate or large"),
        Column("missing_rate", DOUBLE, "users without a value", "rate 0 to 1"),
        Column("reference_missing_rate", DOUBLE, "the same of the reference", "rate 0 to 1"),
        Column("new_values", LONG, "users with a value of a text that the reference does not have", "users"),
        Column("is_alarm", BOOLEAN, "whether the change counts"),
    ],
    primary_key=["checked_at", "kind", "name"],
    sources=["gold.churn_features", "gold.churn_scores"],
    refresh=ByJob("watch_drift"),
    expectations=[
        fail("psi >= 0 and psi_by_chance >= 0"),
        fail("p_value between 0 and 1"),
        fail("missing_rate between 0 and 1 and reference_missing_rate between 0 and 1"),
    ],
)
