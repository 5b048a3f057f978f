"""Events of users and visitors, of every source.

Grain: one row per event_id. Late events are accepted at any time; a resent event replaces its earlier arrival.
Scope: valid rows only, the others are in `quarantine.*`. Events later than a run's `as_of` are stored, and not counted yet.
Where a source gives no session_id, visitors are stitched to users and sessions are computed (`lakehouse.identity.stitching`):
user_id is the user that the event names or, for a visitor who is identified later, that user. A late event may change user
and session of other events, which are then recomputed.
Country, device and traffic source are the event's own; where it gives none, what the first of the user's events that gives one
says, and where none does, what the user's record says (of the device nothing): a later event or record may change it.
Limits: of a visitor they are what its own event says, else empty.
"""

from lakehouse.contract.provenance import PROVENANCE, SOURCE
from lakehouse.identity.stitching import SESSION_GAP_MINUTES
from libs.tables import DATE, LONG, MONEY, STRING, TIMESTAMP, Column, Lookup, Merge, Table

TABLE = Table(
    name="silver.events",
    comment="Events of users and visitors",
    columns=[
        SOURCE,
        Column("event_id", STRING, "event", nullable=False),
        Column("user_id", STRING, "identified user, also where the visitor was identified later; empty for a visitor"),
        Column("reported_user_id", STRING, "user that the event itself names, where visitors are stitched"),
        Column("anonymous_id", STRING, "visitor, by the source's id"),
        Column(
            "session_id",
            STRING,
            f"the source's session, else that of events of one actor with gaps of at most {SESSION_GAP_MINUTES} minutes",
        ),
        Column("event_type", STRING, "page_view, view, add_to_cart, purchase, cancel, click or the source's own type"),
        Column("source_event_type", STRING, "the source's name of the event type"),
        Column("occurred_at", TIMESTAMP, "when it happened", "UTC", nullable=False),
        Column("event_date", DATE, "day on which it happened", "UTC day"),
        Column("sequence_number", LONG, "the source's order of events within the session"),
        Column("product_id", STRING, "product that the event is about"),
        Column("device", STRING, "device or browser of the event, else the user's first known one"),
        Column("country", STRING, "country of the event, else the user's first known one"),
        Column("traffic_source", STRING, "traffic source of the event, else the user's first known one"),
        Column("reported_device", STRING, "device that the event itself gives"),
        Column("reported_country", STRING, "country that the event itself gives"),
        Column("reported_traffic_source", STRING, "traffic source that the event itself gives"),
        Column("page", STRING, "path of the page"),
        Column("amount", MONEY, "value of the event, where it has one, in the source's currency", "currency"),
        Column("reported_amount", MONEY, "the amount as it came, where the source gives currencies", "reported_currency"),
        Column("reported_currency", STRING, "currency that the event itself names, as ISO 4217 writes it"),
        Column("properties", STRING, "other fields of the source, as a JSON object"),
        *PROVENANCE,
    ],
    primary_key=["event_id"],
    event_time="occurred_at",
    refresh=Merge(
        entity="events",
        lookups=[
            Lookup("country", table="silver.users", on="user_id", take="country", fills=True),
            Lookup("traffic_source", table="silver.users", on="user_id", take="traffic_source", fills=True),
        ],
        converts={"amount": "reported_amount"},
        derived={"event_date": "to_date(occurred_at)"},
        is_stitched=True,
        formerly={"reported_user_id": "source_user_id"},
    ),
)
