"""Users that a source identifies: those who signed up or bought.

Grain: one row per user_id. E-mail address and name are keyed hashes, equal for equal values; the original values are in bronze only.
"""

from lakehouse.contract.provenance import PROVENANCE, SOURCE
from libs.tables import LONG, STRING, TIMESTAMP, Column, Merge, Table, warn

TABLE = Table(
    name="silver.users",
    comment="Identified users, personal data pseudonymised",
    columns=[
        SOURCE,
        Column("user_id", STRING, "user", nullable=False),
        Column("created_at", TIMESTAMP, "when the user signed up, or first bought", "UTC"),
        Column("email_hash", STRING, "keyed hash of the e-mail address, lower case"),
        Column("name_hash", STRING, "keyed hash of the full name, lower case"),
        Column("age", LONG, "age, as the source gives it", "years"),
        Column("gender", STRING, "gender, as the source gives it"),
        Column("city", STRING, "city"),
        Column("state", STRING, "state or region"),
        Column("country", STRING, "country"),
        Column("traffic_source", STRING, "traffic source at sign-up"),
        Column("country_since", TIMESTAMP, "time of the first event that gives the country, where events name the users", "UTC"),
        Column("traffic_source_since", TIMESTAMP, "time of the first event that gives the traffic source, likewise", "UTC"),
        *PROVENANCE,
    ],
    primary_key=["user_id"],
    event_time="created_at",
    refresh=Merge(entity="users"),
    expectations=[warn("age between 0 and 120", "implausible age")],
)
