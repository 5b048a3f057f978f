"""SQL that reads theLook's raw files in DuckDB: typed, valid rows only, one per key.

It follows the contract of `conf/sources/thelook.yaml`, without what no gold table needs: keyed hashes of personal data,
quarantined rows with their reasons, and rows dated after their arrival.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STATUS = "status in ('Processing', 'Shipped', 'Complete', 'Cancelled', 'Returned')"
KNOWN_USER = "user_id in (select user_id from silver.users)"
MONEY = "decimal(18, 6)"
PRODUCT_OF_PAGE = "case when uri like '/product/%' then split_part(substr(uri, 10), '?', 1) end"
EVENT_TYPE = """case event_type when 'product' then 'view' when 'cart' then 'add_to_cart' when 'home' then 'page_view'
    when 'department' then 'page_view' else event_type end"""


@dataclass(frozen=True)
class Raw:
    """How the files of one table are read: texts and typed columns by name, each from an expression over the fields."""

    key: str
    texts: Mapping[str, str]
    typed: Mapping[str, tuple[str, str]]
    required: Sequence[str] = ()
    rules: Sequence[str] = ()
    more: str = ""
    joined: str = ""


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _typed(sql_type: str, *names: str) -> dict[str, tuple[str, str]]:
    return {name: (name, sql_type) for name in names}


SHIPPING = _typed("timestamp", "shipped_at", "delivered_at", "returned_at")

# Each is after those that it reads.
RAW = {
    "users": Raw(
        key="user_id",
        texts={"user_id": "id", **_same("gender", "city", "state", "country", "traffic_source")},
        typed={**_typed("timestamp", "created_at"), **_typed("bigint", "age")},
        required=["created_at"],
        rules=["age between 0 and 120"],
    ),
    "products": Raw(
        key="product_id",
        texts={"product_id": "id", **_same("name", "category", "brand", "department", "sku", "distribution_center_id")},
        typed=_typed(MONEY, "cost", "retail_price"),
        rules=["cost >= 0", "retail_price >= 0"],
    ),
    "distribution_centers": Raw(
        key="distribution_center_id",
        texts={"distribution_center_id": "id", "name": "name"},
        typed=_typed("double", "latitude", "longitude"),
        rules=["latitude between -90 and 90", "longitude between -180 and 180"],
    ),
    "inventory_items": Raw(
        key="inventory_item_id",
        texts={"inventory_item_id": "id", "product_id": "product_id", "distribution_center_id": "product_distribution_center_id"},
        typed={**_typed("timestamp", "created_at", "sold_at"), **_typed(MONEY, "cost")},
        required=["product_id", "created_at"],
        rules=["cost >= 0"],
    ),
    "orders": Raw(
        key="order_id",
        texts=_same("order_id", "user_id", "status"),
        typed={**_typed("timestamp", "created_at"), **SHIPPING, "reported_items": ("num_of_item", "bigint")},
        required=["user_id", "status", "created_at"],
        rules=[STATUS, "reported_items > 0", KNOWN_USER],
    ),
    "order_items": Raw(
        key="order_item_id",
        texts={"order_item_id": "id", **_same("order_id", "user_id", "product_id", "inventory_item_id", "status")},
        typed={"sold_at": ("created_at", "timestamp"), **SHIPPING, **_typed(MONEY, "sale_price")},
        required=["order_id", "user_id", "product_id", "status", "sale_price", "sold_at"],
        rules=[STATUS, "sale_price >= 0", KNOWN_USER],
        more=", 1::decimal(18, 6) as quantity, cost",
        joined="left join (select product_id, cost from silver.products) using (product_id)",
    ),
    "events": Raw(
        key="event_id",
        texts={
            "event_id": "id",
            "anonymous_id": "session_id",
            "event_type": EVENT_TYPE,
            "source_event_type": "event_type",
            "product_id": PRODUCT_OF_PAGE,
            "device": "browser",
            "page": "uri",
            "properties": "to_json({'city': city, 'state': state})",
            **_same("user_id", "session_id", "traffic_source"),
        },
        typed={"occurred_at": ("created_at", "timestamp"), **_typed("bigint", "sequence_number")},
        required=["session_id", "event_type", "occurred_at"],
        more=", 'thelook' as source, occurred_at::date as event_date, country",
        joined="left join (select user_id, country from silver.users) using (user_id)",
    ),
}


def statement(name: str, files: Sequence[str]) -> str:
    """The statement that creates `silver.<name>` from CSV `files`."""
    raw = RAW[name]
    texts = [f"({sql})::varchar as {column}" for column, sql in raw.texts.items()]
    typed = [f"try_cast({sql} as {kind}) as {column}" for column, (sql, kind) in raw.typed.items()]
    readable = [f"({sql} is null or try_cast({sql} as {kind}) is not null)" for sql, kind in raw.typed.values()]
    valid = [f"coalesce({rule}, true)" for rule in raw.rules]
    valid += [f"{column} is not null" for column in (raw.key, *raw.required)]
    return f"""create table silver.{name} as
        with fields as (
            select nullif(trim(columns(*)), '') from read_csv([{", ".join(map(_quoted, files))}], all_varchar = true, header = true)),
        named as (select {", ".join(texts + typed)} from fields where {" and ".join(readable)}),
        kept as (select distinct on ({raw.key}) * from named where {" and ".join(valid)})
        select kept.*{raw.more} from kept {raw.joined}"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
