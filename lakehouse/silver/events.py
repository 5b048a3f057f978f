"""Everything that users and visitors did, one row an event, of every source.

Grain: one row per event_id. Late events are welcome at any time; a resent event replaces its earlier arrival.
Scope: valid rows only, the others are in `quarantine.*`. Events later than a run's `as_of` are kept, and not counted yet.
A source that gives no session_id has its visitors stitched to users, and its sessions computed, as `lakehouse.identity.stitching`
says: its user_id is the user that the event names or, for a visitor who is later identified, that user. A late event may
change user and session of others, which are then written again.
Limits: where a source gives no country of its own, it is the user's country as known now, and empty for visitors.
"""

from lakehouse.contract.provenance import PROVENANCE, SOURCE
from lakehouse.identity.stitching import SESSION_GAP_MINUTES
from libs.tables import DATE, LONG, MONEY, STRING, TIMESTAMP, Column, Lookup, Merge, Table

TABLE = Table(
    name="silver.events",
    comment="What users and visitors did, one row an event",
    columns=[
        SOURCE,
        Column("event_id", STRING, "event", nullable=False),
        Column("user_id", STRING, "identified user, also where the visitor was identified later; empty for a visitor"),
        Column("reported_user_id", STRING, "user that the event itself names, where the source leaves stitching to us"),
        Column("anonymous_id", STRING, "visitor, as the source tells them apart"),
        Column(
            "session_id",
            STRING,
            f"the source's session, else that of events of one actor with gaps of at most {SESSION_GAP_MINUTES} minutes",
        ),
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
        is_stitched=True,
    ),
)
