"""Silver tables refreshed from contracts, in full from the first half of the arrivals and then by the other half."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.catalogue.entry import Catalogue
from lakehouse.contract.outcome import rejected
from lakehouse.identity.stitching import ambiguous
from lakehouse.refresh.arrivals import Arrivals
from lakehouse.refresh.by_keys import by_keys
from lakehouse.refresh.fed import Fed, conformed_again, waiting_for
from lakehouse.refresh.merging import all_rows, new_rows
from lakehouse.refresh.one_merge import Merging
from lakehouse.refresh.refreshing import Refreshing
from lakehouse.refresh.run import Run
from lakehouse.refresh.state import Mark, State
from libs.store.port import Store
from libs.store.staged import Staging as StagingProtocol
from libs.tables import Merge, Slices
from tests.equal_contracts.inputs import ARRIVED
from tests.equal_contracts.made_up import BY_USER, by_user
from tests.equal_contracts.tables import Staging, Tables, frame_of

AS_OF = datetime(2026, 1, 3, tzinfo=UTC)
ENTITIES = ("users", "products", "events", "orders", "order_items", "made_up")


def refreshed(
    spark: SparkSession, catalogue: Catalogue, feeds: Sequence[Fed], arrivals: Mapping[str, pa.Table], key: str
) -> Iterator[tuple[str, DataFrame]]:
    """The rows of each table in full and those that a merge is given, and what waits in quarantine."""
    tables = Tables(spark)
    for name, rows in arrivals.items():
        tables.versions[name] = [rows.slice(0, rows.num_rows // 2)]
    read = _arrivals(tables)
    for entity in ENTITIES:
        rows = all_rows(_merging(tables, catalogue, feeds, entity, key, read, None)).rows.toArrow()
        tables.versions[f"silver.{entity}"] = [rows]
        yield f"in full, {entity}", frame_of(spark, rows)
    yield "ambiguous", ambiguous(tables.read("silver.events"))
    for name, rows in arrivals.items():
        tables.versions[name].append(rows)
        tables.changed[name] = rows.slice(rows.num_rows // 2)
    before = State({name: Mark(0, 0) for name in tables.versions}, None, "", 0)
    read = _arrivals(tables)
    for entity in ENTITIES:
        rows = new_rows(_merging(tables, catalogue, feeds, entity, key, read, before)).rows.toArrow()
        yield f"merged, {entity}", frame_of(spark, rows)
        _merge(tables, catalogue, entity, rows)
    yield "by keys", _by_keys(tables, catalogue)
    for fed in [fed for fed in feeds if fed.entity == "made_up"]:
        yield from _waiting(tables, catalogue, fed, key)


def _arrivals(tables: Tables) -> Arrivals:
    return Arrivals(cast(Store, tables), cast(StagingProtocol, Staging()))


def _merging(
    tables: Tables, catalogue: Catalogue, feeds: Sequence[Fed], entity: str, key: str, arrivals: Arrivals, before: State | None
) -> Merging:
    table = catalogue[f"silver.{entity}"].table
    rule, store = cast(Merge, table.refresh), cast(Store, tables)
    now = {name: Mark(0, len(versions) - 1) for name, versions in tables.versions.items()}
    run = Run(store, ARRIVED, lambda *_: None, pseudonym_key=key)
    own = [fed for fed in feeds if fed.entity == entity]
    return Merging(run, store, cast(StagingProtocol, Staging()), table, rule, own, catalogue, "", before, now, arrivals)


def _merge(tables: Tables, catalogue: Catalogue, entity: str, rows: pa.Table) -> None:
    """All that a merge is given replaces what was there: which row wins, the store's own tests say."""
    name = f"silver.{entity}"
    given, there = frame_of(tables.spark, rows), tables.read(name)
    key = list(catalogue[name].table.primary_key)
    kept = there.join(given.select(*key), on=key, how="left_anti").select(there.columns)
    tables.versions[name].append(kept.unionByName(given).toArrow())
    tables.changed[name] = rows


def _by_keys(tables: Tables, catalogue: Catalogue) -> DataFrame:
    """What a table with a row a user is given for the users whom the second half of the events touches."""
    entry, store = catalogue[BY_USER.name], cast(Store, tables)
    tables.versions[BY_USER.name] = [by_user(tables.read("silver.events", 0)).toArrow()]
    before = State({"silver.events": Mark(0, 0)}, AS_OF - timedelta(days=1), "", 0)
    run = Run(store, ARRIVED, lambda *_: None, as_of=AS_OF)
    by_keys(Refreshing(run, store, entry, catalogue, before, {"silver.events": Mark(0, 1)}), cast(Slices, BY_USER.refresh))
    return tables.merged[BY_USER.name]


def _waiting(tables: Tables, catalogue: Catalogue, fed: Fed, key: str) -> Iterator[tuple[str, DataFrame]]:
    """Rows that wait for a reference, as quarantine holds them, and through the contract once more."""
    entry = catalogue[f"silver.{fed.entity}"]
    rule = cast(Merge, entry.table.refresh)
    merging = _merging(tables, catalogue, [fed], fed.entity, key, _arrivals(tables), None)
    others = {name: tables.read(name) for name in rule.references.values()}
    marked = waiting_for(merging.conformed(fed, merging.arrived(fed, None)), rule, others)
    yield "waiting", marked
    held = marked.withColumn("_reasons", F.array_compact(F.array("_missing"))).drop("_missing")
    tables.versions[fed.quarantine] = [rejected(held, entry.table).toArrow()]
    yield "conformed again", conformed_again(cast(Store, tables), fed, entry.table, key)
