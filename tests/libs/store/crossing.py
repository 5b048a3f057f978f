"""What both engines do with one table, and what each of them sees of it. Every function can be called in another process."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from libs.locks.lease import lease
from libs.store.arrow_rows import arrow_schema
from libs.store.conditions import Column, Equal, any_differs
from libs.store.port import Store
from libs.store.published import Published, State
from libs.store.staged import Written
from libs.store.upkeep import Kept
from libs.tables import DATE, DOUBLE, LONG, MONEY, STRING, STRINGS, TIMESTAMP, Slices, Table
from libs.tables import Column as Declared
from tests.stores import store_at

ITEMS = Table(
    name="silver.items",
    comment="Things and their days",
    columns=[
        Declared("item_id", LONG, "the item"),
        Declared("day", DATE, "its day", "UTC day"),
        Declared("label", STRING, "a word"),
        Declared("price", MONEY, "what it costs", "currency"),
        Declared("seen_at", TIMESTAMP, "when it was seen", "UTC"),
        Declared("weight", DOUBLE, "how heavy", "kilograms"),
        Declared("words", STRINGS, "more words"),
    ],
    primary_key=["item_id"],
    refresh=Slices(by="day"),
)
WIDER = replace(ITEMS, columns=[*ITEMS.columns, Declared("size", LONG, "how large", "bytes")])
MANY = replace(ITEMS, columns=[ITEMS.columns[0], ITEMS.columns[2]], refresh=Slices(by="item_id"))
NAME = ITEMS.name
ROWS_AT_ONCE = 300_000
THIRD = date(2026, 1, 3)
Row = tuple[Any, ...]
Change = tuple[str, int, int]
# Each way of writing, and the items and their labels that are there afterwards, when they are done in this order.
LIFE: Mapping[str, Mapping[int, str | None]] = {
    "overwrite": {1: "one", 2: "two", 3: None},
    "append": {1: "one", 2: "two", 3: None, 4: "vier ☃"},
    "merge": {1: "ONE", 2: "two", 4: "vier ☃", 5: ""},
    "replace_where": {1: "ONE", 4: "vier ☃", 5: "", 8: "eight"},
    "commit": {1: "ONE", 4: "vier ☃", 5: "", 8: "eight"},
    "delete": {1: "ONE", 5: "", 8: "eight"},
    "delete_matching": {1: "ONE", 8: "eight"},
    "merge_new": {1: "ONE", 8: "eight", 9: "nine"},
}
# What each way of writing leaves to be read of its changes: insert, delete, update.
CHANGES: Mapping[str, Sequence[tuple[str, int]]] = {
    "append": [("insert", 4)],
    "merge": [("delete", 3), ("insert", 5), ("update_postimage", 1), ("update_preimage", 1)],
    "replace_where": [("delete", 2), ("insert", 8)],
    "commit": [],
    "delete": [("delete", 4)],
    "delete_matching": [("delete", 5)],
    "merge_new": [("insert", 9)],
}


@dataclass(frozen=True)
class Seen:
    """All that can be asked about the table."""

    version: int
    state: State | None
    rows: Sequence[Row]
    before: Sequence[Row]
    changes: Sequence[Change]
    changed: Sequence[int]
    row_count: int
    greatest: date | None
    comments: Mapping[str, str]
    properties: Mapping[str, str]


def row(item: int, label: str | None) -> Row:
    """An item whose other columns follow from its number; every second one lacks them."""
    odd = item % 2 == 1
    at = datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC) if item == 1 else datetime(2026, 1, item % 28 + 1, 5, 6, 7, 89, UTC)
    price, weight, words = (Decimal(item) / 64, -0.0, ["a", "ß"]) if odd else (None, None, None)
    return (item, date(2026, 1, item % 28 + 1), label, price, at, weight, words)


def write(spark: SparkSession, root: str, way: str) -> tuple[int, int, int, int]:
    """Write once, in one of the ways of LIFE; returns the version, and rows inserted, updated and deleted."""
    done = WRITES[way](store_at(root, spark), {"way": way})
    return done.version, done.inserted, done.updated, done.deleted


def seen(spark: SparkSession, root: str, after: int) -> Seen:
    """The table as the engine sees it, and what the versions after `after` changed."""
    store = store_at(root, spark)
    version = store.version(NAME)
    return Seen(
        version,
        store.last_commit(NAME).state,
        _rows(store.read(NAME)),
        _rows(store.read(NAME, after)),
        _changes(store, after, version),
        sorted(store.changed(NAME, "item_id", after, version)) if version > after else [],
        store.row_count(NAME),
        store.greatest(NAME, "day"),
        *_told(store),
    )


def keep_up(spark: SparkSession, root: str, hours: int) -> Kept:
    """Keep the table up."""
    return store_at(root, spark).keep_up(NAME, hours)


def keeps_changes(spark: SparkSession, root: str, after: int) -> bool:
    """Whether the changes since then can be followed."""
    return store_at(root, spark).keeps_changes(NAME, after)


def append(spark: SparkSession, root: str, item: int, number: int | None = None) -> tuple[int, int]:
    """Append an item, as a transaction of that number if one is given; returns the version and how many rows were new."""
    txn = None if number is None else ("loader", number)
    done = store_at(root, spark).append(ITEMS, _items(spark, {item: "more"}), {"item": item}, txn)
    return done.version, done.inserted


def append_wider(spark: SparkSession, root: str, item: int) -> int:
    """Append an item with a column that the declaration has gained; returns the version."""
    rows = _items(spark, {item: "wider"}).withColumn("size", F.lit(item).cast("long"))
    return store_at(root, spark).append(WIDER, rows).version


def overwrite_wider(spark: SparkSession, root: str, item: int) -> int:
    """Make an item with one more column the table; returns the version."""
    rows = _items(spark, {item: "wider"}).withColumn("size", F.lit(item).cast("long"))
    return store_at(root, spark).overwrite(replace(WIDER, refresh=Slices(by="item_id")), rows, {}).version


def overwrite_for_ever(spark: SparkSession, root: str) -> None:
    """Make many rows the table, each time others, until the process is killed."""
    store = store_at(root, spark)
    number = store.last_commit(NAME).version if store.exists(NAME) else 0
    while True:
        number += 1
        rows = spark.range(ROWS_AT_ONCE).selectExpr("id as item_id", f"'{number}' as label")
        store.overwrite(MANY, rows, {"number": number})


def many(spark: SparkSession, root: str) -> list[tuple[str, int]]:
    """Each label of those rows, and how many rows have it."""
    counts = store_at(root, spark).read(NAME).groupBy("label").count()
    return sorted((found["label"], found["count"]) for found in counts.collect())


def append_many(spark: SparkSession, root: str) -> int:
    """Add a row to many; returns the version."""
    rows = spark.range(1).selectExpr("id as item_id", "'appended' as label")
    return store_at(root, spark).append(MANY, rows, {"number": -1}).version


def write_waiting(spark: SparkSession, root: str, way: str, gate: str) -> int:
    """Write item 30 once there is a file at `gate`; the write has begun when `gate`.begun is there. Returns the version."""
    return written(store_at(root, spark), way, gate)


def written(store: Store, way: str, gate: str) -> int:
    """Write item 30 in some way, likewise, by a store that may have been opened before."""
    rows, state = store.from_parts([gate], _awaited, arrow_schema(ITEMS)), {"way": way}
    ways: Mapping[str, Callable[[], Written]] = {
        "append": lambda: store.append(ITEMS, rows, state),
        "overwrite": lambda: store.overwrite(ITEMS, rows, state),
        "replace_where": lambda: store.replace_where(ITEMS, rows, Equal(Column("day"), THIRD), state),
    }
    return ways[way]().version


def append_with_lease(spark: SparkSession, root: str, gate: str) -> int:
    """Append item 4 with the lease, once there is a file at `gate`; `gate`.begun is there while it waits. Returns the version."""
    with lease(Path(root), "the other engine", 0):
        _wait_for(gate)
        return append(spark, root, 4)[0]


def _awaited(gate: str) -> Iterator[pa.RecordBatch]:
    _wait_for(gate)
    yield _arrow({30: "awaited"}, THIRD).to_batches()[0]


def _wait_for(gate: str) -> None:
    Path(f"{gate}.begun").touch()
    while not Path(gate).exists():
        time.sleep(0.02)


def _overwrite(store: Store, state: State) -> Written:
    return store.overwrite(ITEMS, _items(store.spark, LIFE["overwrite"]), state)


def _append(store: Store, state: State) -> Written:
    return store.append(ITEMS, _items(store.spark, {4: "vier ☃"}), state)


def _merge(store: Store, state: State) -> Written:
    given, gone = (_items(store.spark, labels) for labels in ({1: "ONE", 2: "two", 5: ""}, {3: "any", 7: "unknown"}))
    marked = given.withColumn("_deleted", F.lit(False)).unionByName(gone.withColumn("_deleted", F.lit(True)))
    return store.merge(ITEMS, marked, any_differs(["label"]), state)


def _replace_where(store: Store, state: State) -> Written:
    return store.replace_where(ITEMS, _items(store.spark, {8: "eight"}, THIRD), Equal(Column("day"), THIRD), state)


def _commit(store: Store, state: State) -> Written:
    return store.commit(ITEMS, state)


def _delete(store: Store, state: State) -> Written:
    return store.delete(ITEMS, Equal(Column("label"), "vier ☃"), state)


def _delete_matching(store: Store, state: State) -> Written:
    return store.delete_matching(ITEMS, _items(store.spark, {5: "any"}), ["item_id", "day"], state)


def _merge_new(store: Store, state: State) -> Written:
    return store.merge(ITEMS, _items(store.spark, {9: "nine"}), any_differs(["label"]), state)


WRITES: Mapping[str, Callable[[Store, State], Written]] = {
    "overwrite": _overwrite,
    "append": _append,
    "merge": _merge,
    "replace_where": _replace_where,
    "commit": _commit,
    "delete": _delete,
    "delete_matching": _delete_matching,
    "merge_new": _merge_new,
}


def _items(spark: SparkSession, labels: Mapping[int, str | None], day: date | None = None) -> DataFrame:
    rows = [row(item, label) for item, label in labels.items()]
    return spark.createDataFrame([(r[0], day or r[1], *r[2:]) for r in rows], ITEMS.schema)


def _arrow(labels: Mapping[int, str | None], day: date) -> pa.Table:
    rows = [row(item, label) for item, label in labels.items()]
    named = [dict(zip(ITEMS.column_names, (r[0], day, *r[2:]), strict=True)) for r in rows]
    return pa.Table.from_pylist(named, schema=arrow_schema(ITEMS))


def _rows(rows: DataFrame) -> list[Row]:
    return sorted(tuple(found.values()) for found in rows.toArrow().to_pylist())


def _told(store: Store) -> tuple[dict[str, str], dict[str, str]]:
    """The columns' comments and the table's properties: by Spark itself, where there is one."""
    if store.engine == "spark":
        detail = store.spark.sql(f"describe detail delta.`{store.path(NAME)}`").collect()[0]
        return {field.name: field.metadata.get("comment", "") for field in store.read(NAME).schema}, dict(detail["properties"])
    table = DeltaTable(store.path(NAME))
    return {f.name: str(f.metadata.get("comment", "")) for f in table.schema().fields}, dict(table.metadata().configuration)


def _changes(store: Store, after: int, until: int) -> list[Change]:
    if until == after:
        return []
    found = store.changes(NAME, after, until).select("_change_type", "item_id", "_commit_version")
    return sorted((kind, item, version) for kind, item, version in found.collect())


def published_rows(root: str) -> list[int]:
    """The items, read without an engine."""
    return sorted(Published(root).arrow(NAME).to_table(columns=["item_id"]).column(0).to_pylist())
