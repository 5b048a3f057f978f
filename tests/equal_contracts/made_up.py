"""A source and its silver table that use every feature of a feed and every type of a column."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.catalogue.entry import Catalogue, Entry
from lakehouse.contract.provenance import PROVENANCE, SOURCE
from lakehouse.contract.source import Source
from libs.sql.broken import broken
from libs.sql.tolerant import tolerant
from libs.tables import BOOLEAN, DATE, DOUBLE, INTEGER, LONG, MONEY, STRING, TIMESTAMP, Column, Lookup, Merge, Slices, Table

TABLE = Table(
    name="silver.made_up",
    comment="",
    columns=[
        SOURCE,
        *[Column(name, STRING, "", nullable=name != "sale_id") for name in ("sale_id", "user_id", "product_id", "status", "tag")],
        Column("units", LONG, ""),
        Column("boxes", INTEGER, ""),
        Column("weight", DOUBLE, ""),
        Column("price", MONEY, ""),
        Column("is_gift", BOOLEAN, ""),
        Column("due_date", DATE, ""),
        Column("sold_at", TIMESTAMP, ""),
        Column("paid_at", TIMESTAMP, ""),
        Column("email_hash", STRING, ""),
        Column("country", STRING, ""),
        Column("unit_cost", MONEY, ""),
        Column("value", MONEY, ""),
        *PROVENANCE,
    ],
    primary_key=["sale_id", "units"],
    event_time="sold_at",
    refresh=Merge(
        entity="made_up",
        lookups=[
            Lookup("country", table="silver.users", on="user_id", take="country"),
            Lookup("unit_cost", table="silver.products", on="product_id", take="cost"),
        ],
        references={"user_id": "silver.users", "product_id": "silver.products"},
        derived={"value": "try_cast(boxes * price as decimal(18, 6))"},
    ),
)
FIELDS = ["nr", "customer", "product", "state", "kind", "units", "boxes", "weight", "price", "gift", "due"]
FIELDS += ["day", "hour", "paid", "email", "rank"]
WHERE = "kind is null or kind <> 'note' and (kind = 'sale' or cast(rank as bigint) is null or cast(rank as bigint) > -5)"
FEED = {
    "columns": {
        "sale_id": "nr",
        "user_id": "customer",
        "product_id": "product",
        "status": {"from": "state", "map": {"done": "Complete", "back": "Returned"}, "otherwise": "keep"},
        "tag": {"from": "kind", "map": {"sale": "s", "é": "e"}, "otherwise": "empty"},
        "units": "units",
        "boxes": "boxes",
        "weight": "weight",
        "price": "price",
        "is_gift": "gift",
        "due_date": "due",
        "sold_at": {"sql": "concat(day, ' ', coalesce(hour, '00:00'))"},
        "paid_at": "paid",
        "unit_cost": {"value": "1.5"},
    },
    "required": ["price", "sold_at"],
    "allowed": {"status": ["Complete", "Returned"], "tag": ["s"]},
    "rules": {
        "negative_price": "price >= 0",
        "light": "weight is null or weight > -1e3",
        "gift_of_none": "not is_gift or units > 0",
    },
    "pseudonymise": {"email_hash": "email"},
    "keep": {"latest": "rank"},
    "where": tolerant(WHERE, dict.fromkeys(FIELDS, STRING)),
    "undecided": broken(WHERE, dict.fromkeys(FIELDS, STRING)),
}
KNOWN = {
    "fields": ["id", "cost", "place", "since"],
    "feeds": {
        "users": {"columns": {"user_id": "id", "country": "place", "created_at": "since"}, "required": ["created_at"]},
        "products": {"columns": {"product_id": "id", "cost": "cost"}, "where": "cost is not null"},
    },
}
SHOP = Source.model_validate(
    {
        "source": "shop",
        "id_prefix": "s-",
        "future_tolerance": "2d",
        "zones": {"EST": "-05:00", "IST": "+05:30"},
        "no_one": ["7", "guest"],
        "tables": {"sales": {"fields": FIELDS, "feeds": {"made_up": FEED}}, "known": KNOWN},
    }
)


BY_USER = Table(
    name="gold.made_up",
    comment="",
    columns=[Column("user_id", STRING, ""), Column("events", LONG, ""), Column("amount", MONEY, "")],
    primary_key=["user_id"],
    refresh=Slices(by="user_id"),
    sources=["silver.events"],
)


def by_user(events: DataFrame) -> DataFrame:
    """Events and their greatest amount of each user who has several."""
    of_user = events.where("user_id is not null").groupBy("user_id")
    return of_user.agg(F.count("event_id").alias("events"), F.max("amount").alias("amount")).where("events > 1")


def with_made_up(known: Catalogue) -> Catalogue:
    """The catalogue with the made-up tables."""
    return {**known, TABLE.name: Entry(TABLE, None), BY_USER.name: Entry(BY_USER, by_user)}
