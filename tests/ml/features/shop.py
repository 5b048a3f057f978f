"""A small random shop as silver rows that arrive in deliveries, and its features recomputed in plain Python."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from lakehouse.silver import events, order_items, products, users
from libs.store.conditions import ALWAYS
from libs.store.port import Store
from libs.tables import Table
from ml.features.cutoffs import Cutoff
from ml.gold.churn_features import WINDOWS

Row = dict[str, Any]
TABLES: Mapping[str, Table] = {
    table.short_name: table for table in (events.TABLE, order_items.TABLE, products.TABLE, users.TABLE)
}
KEYS = {name: table.primary_key[0] for name, table in TABLES.items()}
START, DAYS = date(2025, 1, 1), 150
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
COUNTED = {"page_views": "page_view", "product_views": "view", "cart_additions": "add_to_cart"}


def moment(day: date, hour: int = 0) -> datetime:
    return datetime.combine(day, time(hour), UTC)


@dataclass
class Shop:
    """Rows by table and key; each delivery is written as one merge."""

    store: Store
    held: dict[str, dict[str, Row]] = field(default_factory=lambda: {name: {} for name in TABLES})

    def deliver(self, rows: Mapping[str, Iterable[Row]], at: datetime = FIRST, gone: Mapping[str, Iterable[str]] = {}) -> None:
        for name, table in TABLES.items():
            arrived = [{**row, "source": "shop", "_ingested_at": at} for row in rows.get(name, ())]
            removed = [self.held[name].pop(key) for key in gone.get(name, ())]
            self.held[name] |= {row[KEYS[name]]: row for row in arrived}
            self._write(table, arrived, removed)

    def _write(self, table: Table, rows: Sequence[Row], removed: Sequence[Row]) -> None:
        values = [tuple(row.get(name) for name in table.column_names) for row in (*rows, *removed)]
        frame = self.store.spark.createDataFrame(values, table.schema)
        state = {"generation": 0}
        if not self.store.exists(table.name):
            self.store.overwrite(table, frame, state)
        elif values:
            marked = [(*row, number >= len(rows)) for number, row in enumerate(values)]
            schema = frame.schema.add("_deleted", "boolean")
            self.store.merge(table, self.store.spark.createDataFrame(marked, schema), ALWAYS, state)


def random_rows(draw: random.Random, people: int = 12) -> dict[str, list[Row]]:
    """Users, products, events and order lines of about half a year, some without a user, a device, a category or a price."""
    names = [f"u{n}" for n in range(people)]
    goods = [{"product_id": f"p{n}", "category": draw.choice(["a", "b", None])} for n in range(6)]
    kinds = ["page_view", "view", "view", "add_to_cart", "purchase", "other"]
    done = [
        {
            "event_id": f"e{n}",
            "user_id": draw.choice([*names, None]),
            "session_id": f"s{draw.randrange(150)}",
            "event_type": draw.choice(kinds),
            "occurred_at": (at := moment(START + timedelta(days=draw.randrange(DAYS)), draw.randrange(24))),
            "event_date": at.date(),
            "product_id": draw.choice([*(row["product_id"] for row in goods), None, "unknown"]),
            "device": draw.choice(["phone", "desktop", None]),
        }
        for n in range(people * 12)
    ]
    return {"users": [_user(draw, name) for name in names], "products": goods, "events": done, "order_items": _lines(draw, names)}


def _user(draw: random.Random, name: str) -> Row:
    signed_up = moment(START + timedelta(days=draw.randrange(-20, DAYS)))
    country, age = draw.choice(["Spain", "Peru", None]), draw.choice([20, 50, None])
    return {"user_id": name, "created_at": draw.choice([signed_up, None]), "country": country, "age": age, "gender": "F"}


def _lines(draw: random.Random, names: Sequence[str]) -> list[Row]:
    rows = []
    for n in range(len(names) * 3):
        day = START + timedelta(days=draw.randrange(DAYS))
        price, status = Decimal(draw.randrange(-500, 5000)) / 100, draw.choice(["Complete", "Returned", "Cancelled"])
        returned = moment(day + timedelta(days=draw.randrange(1, 30))) if status == "Returned" and price >= 0 else None
        row = {"order_item_id": f"l{n}", "order_id": f"o{n // 2}", "user_id": draw.choice([*names, None]), "product_id": "p1"}
        rows.append(row | {"sale_price": price, "status": status, "sold_at": moment(day, 9), "returned_at": returned})
    return rows


def features(rows: Mapping[str, Mapping[str, Row]], cutoff: Cutoff, window: int = 60) -> dict[str, Row]:
    """The features of each active user, from rows of which all are known, in plain Python."""
    found = {}
    people = {r["user_id"] for t in ("events", "order_items") for r in rows[t].values() if r["user_id"]}
    for user in sorted(people):
        row = _features(user, rows, cutoff.day)
        if row and row["recency_days"] <= window:
            found[user] = row
    return found


def _features(user: str, rows: Mapping[str, Mapping[str, Row]], cutoff: date) -> Row | None:
    done = [r for r in rows["events"].values() if r["user_id"] == user and r["event_date"] < cutoff]
    lines = [r for r in rows["order_items"].values() if r["user_id"] == user and r["sold_at"].date() < cutoff]
    orders = {(r["sold_at"].date(), r["order_id"]) for r in lines if r["sale_price"] >= 0}
    active = {r["event_date"] for r in done} | {day for day, _ in orders}
    if not active:
        return None
    ago = {day: (cutoff - day).days for day in active}
    sessions = {(r["event_date"], r["session_id"]) for r in done}
    own = rows["users"].get(user, {})
    returned = [r["returned_at"].date() for r in lines if r["returned_at"] and r["returned_at"].date() < cutoff]
    credits = [r for r in lines if r["sale_price"] < 0 and r["status"] == "Returned"]
    facts = [*(r["event_date"] for r in done), *(r["sold_at"].date() for r in lines), *returned]
    signed_up = (cutoff - own["created_at"].date()).days if own.get("created_at") else None
    row: Row = {
        "tenure_days": max(x for x in (signed_up, max((cutoff - day).days for day in facts)) if x is not None),
        "recency_days": min(ago.values()),
        "days_since_first_activity": max(ago.values()),
        "days_since_order": min(((cutoff - day).days for day, _ in orders), default=None),
        "sessions_ever": len(sessions),
        "orders_ever": len(orders),
        "revenue_ever": float(sum((r["sale_price"] for r in lines), Decimal(0))),
        "returned_lines_ever": len(returned) + len(credits),
    }
    for w in WINDOWS:
        since = cutoff - timedelta(days=w)
        within = [r for r in done if r["event_date"] >= since]
        row |= {
            f"{name}_{w}": sum(r["event_type"] == kind for r in within) for name, kind in COUNTED.items() if name != "page_views"
        }
        row |= {f"active_days_{w}": sum(day >= since for day in active), f"events_{w}": len(within)}
        row |= {f"sessions_{w}": sum(day >= since for day, _ in sessions), f"orders_{w}": sum(day >= since for day, _ in orders)}
        row[f"revenue_{w}"] = float(sum((r["sale_price"] for r in lines if r["sold_at"].date() >= since), Decimal(0)))
    return (
        row
        | _rates(row)
        | _breadth(done, lines, rows, cutoff)
        | {k: own.get(k) for k in ("country", "traffic_source", "gender", "age")}
    )


def _rates(row: Row) -> Row:
    span = row["days_since_first_activity"] - row["recency_days"]
    gap = _ratio(span, max(row["sessions_ever"] - 1, 0))
    return {
        "average_order_value": _ratio(row["revenue_ever"], row["orders_ever"]),
        "activity_trend_14": _ratio(2 * row["events_7"] - row["events_14"], row["events_14"]),
        "activity_trend_60": _ratio(2 * row["events_30"] - row["events_60"], row["events_60"]),
        "session_gap_days": gap,
        "recency_to_gap": _ratio(row["recency_days"], gap or 0),
        "cart_rate_60": _ratio(row["cart_additions_60"], row["product_views_60"]),
        "order_rate_60": _ratio(row["orders_60"], row["sessions_60"]),
    }


def _breadth(done: Sequence[Row], lines: Sequence[Row], rows: Mapping[str, Mapping[str, Row]], cutoff: date) -> Row:
    since = cutoff - timedelta(days=60)
    recent = [r for r in done if r["event_date"] >= since]
    seen = {r["product_id"] for r in recent if r["product_id"]}
    seen |= {r["product_id"] for r in lines if r["sold_at"].date() >= since and r["product_id"]}
    categories = {rows["products"][p]["category"] for p in seen if p in rows["products"]} - {None}
    devices = Counter(r["device"] for r in recent if r["device"])
    main = min(devices, key=lambda d: (-devices[d], d)) if devices else None
    return {"distinct_products_60": len(seen), "distinct_categories_60": len(categories), "main_device": main}


def _ratio(of: float, to: float) -> float | None:
    return of / to if to else None
