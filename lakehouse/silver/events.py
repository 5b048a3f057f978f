"""Everything that users and visitors did, one row an event, of every source.

Grain: one row per event_id. Late events are welcome at any time; a resent event replaces its earlier arrival.
Scope: valid rows only, the others are in `quarantine.*`. Events later than a run's `as_of` are kept, and not counted yet.
Limits: where a source gives no country of its own, it is the user's country as known now, and empty for visitors.
"""

from lakehouse.silver.provenance import PROVENANCE, SOURCE
from libs.table import DATE, LONG, MONEY, STRING, TIMESTAMP, Column, Lookup, Merge, Table

TABLE = Table(
    name="silver.events",
    comment="What users and visitors did, one row an event",
    columns=[
        SOURCE,
        Column("event_id", STRING, "event", nullable=False),
        Column("user_id", STRING, "identified user, empty for a visitor"),
        Column("anonymous_id", STRING, "visitor, as the source tells them apart"),
        Column("session_id", STRING, "session that the event belongs to"),
        Column("event_type", STRING, "page_view, view, add_to_cart, purchase, cancel, click or as the source has it"),
        Column("source_event_type", STRING, "the source's own word for the event"),
        Column("occurred_at", TIMESTAMP, "when it happened", "UTC", nullable=False),
        Column("event_date", DATE, "day on which it happened", "UTC day"),
        Column("sequence_number", LONG, "the source's order of events within the session"),
        Column("product_id", STRING, "product that the event is about"),
        Column("device", STRING, "device or browser, as far as the source tells"),
        Column("country", STRING, "country of the event, else the user's"),
        Column("traffic_source", STRING, "what brought the visitor"),
        Column("page", STRING, "path of the page"),
        Column("amount", MONEY, "value of the event, where it has one", "currency"),
        Column("properties", STRING, "whatever else the source says, as a JSON object"),
        *PROVENANCE,
    ],
    primary_key=["event_id"],
    event_time="occurred_at",
    refresh=Merge(
        entity="events",
        lookups=[Lookup("country", table="silver.users", on="user_id", take="country")],
        derived={"event_date": "to_date(occurred_at)"},
    ),
)
