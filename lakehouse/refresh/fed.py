"""What feeds a silver table: the contracts of sources, each over a bronze table with its quarantine."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.catalogue.digest import digest
from lakehouse.catalogue.entry import Catalogue, Entry, fed_tables
from lakehouse.contract.conform import conform
from lakehouse.contract.outcome import restored
from lakehouse.contract.rates import daily, is_converted
from lakehouse.contract.revisions import revisions_of
from lakehouse.contract.source import Feed, Source
from lakehouse.identity.stitching import STITCHING
from libs.store.port import Store
from libs.store.snapshot import Snapshot
from libs.tables import Lookup, Merge, Table

EVENTS, EVENT = "silver.events", "event_id"


@dataclass(frozen=True)
class Fed:
    """One feed of one source: rows of `source_table` that become rows of the entity's silver table.

    others: the other feeds of that source table, each with its silver table; a row that one of them rejects is no row of this.
    """

    source: Source
    source_table: str
    entity: str
    feed: Feed
    others: Sequence[tuple[Feed, Table]] = ()

    @property
    def bronze(self) -> str:
        """Name of the bronze table."""
        return self.source.bronze_name(self.source_table)

    @property
    def quarantine(self) -> str:
        """Name of the table of rejected rows."""
        return self.source.quarantine_name(self.source_table)


def feeds_in(store: Store, sources: Iterable[Source], catalogue: Catalogue) -> list[Fed]:
    """Every feed of the declared sources whose bronze table is there."""
    tables = fed_tables(catalogue)
    feeds = [
        Fed(
            source,
            name,
            entity,
            feed,
            tuple((other, tables[n]) for n, other in table.feeds.items() if n != entity and n in tables),
        )
        for source in sources
        for name, table in source.tables.items()
        for entity, feed in table.feeds.items()
    ]
    return [fed for fed in feeds if store.exists(fed.bronze)]


def feeds_code(entry: Entry, feeds: Sequence[Fed], pseudonym_key: str) -> str:
    """A digest of everything that decides what a silver table holds besides its input: declaration, feeds and revisions.

    The key counts where a feed hashes with it.
    """
    rule = entry.table.refresh
    assert isinstance(rule, Merge)
    stitching = STITCHING if rule.is_stitched and feeds else None
    return digest(entry.code, stitching, [_feed_code(entry.table, fed, pseudonym_key) for fed in feeds])


def _feed_code(table: Table, fed: Fed, pseudonym_key: str) -> Sequence[object]:
    """What decides which rows a feed gives: of its source's file only what its rows are made by."""
    source = fed.source
    hashed = hashlib.sha256(pseudonym_key.encode()).hexdigest() if fed.feed.pseudonymise else None
    tolerance = source.future_tolerance if table.event_time else None
    of_source = (source.source, fed.source_table, source.id_prefix, tolerance)
    has_currency = any(is_converted(feed.columns) for feed in (fed.feed, *(other for other, _ in fed.others)))
    rates = [source.currency, sorted(map(str, daily(source).items()))] if has_currency else []
    words = (rates, source.null_words, source.no_one, sorted(source.zones.items()), source.earliest.isoformat())
    others = [(_given(other), [(c.name, c.type, c.nullable) for c in its.columns]) for other, its in fed.others]
    return [
        *of_source,
        json.dumps([words, others]),
        sorted(source.tables[fed.source_table].all_fields),
        _given(fed.feed),
        revisions_of(fed.feed, table),
        hashed,
    ]


def _given(feed: Feed) -> str:
    """What is declared, in one order, whatever the order in the file."""
    return json.dumps(feed.model_dump(mode="json"), sort_keys=True)


def reads_of(entry: Entry, feeds: Sequence[Fed]) -> list[str]:
    """The tables that the table's rows are completed with and held against, given what its feeds provide themselves."""
    rule = entry.table.refresh
    assert isinstance(rule, Merge)
    tables = [lookup.table for lookup in looked_up(rule, feeds)]
    told = [EVENTS] if any(is_told_by_events(fed, entry.table) for fed in feeds) else []
    return list(dict.fromkeys([*tables, *told, *rule.references.values()]))


def is_told_by_events(fed: Fed, table: Table) -> bool:
    """Whether each row of the feed is of the event that the same row of bronze is, under the event's id."""
    of_event = fed.source.tables[fed.source_table].feeds.get("events")
    given_id = fed.feed.columns.get(EVENT)
    if fed.entity == "events" or len(table.primary_key) > 1 or of_event is None or given_id is None or fed.feed.keep.earliest:
        return False
    same = (of_event.columns.get(EVENT), fed.feed.columns.get(table.primary_key[0]))
    return of_event.where is None and not of_event.keep.earliest and all(origin == given_id for origin in same)


def looked_up(rule: Merge, feeds: Iterable[Fed]) -> list[Lookup]:
    """The lookups by which rows of these feeds are completed: of columns that one of them does not give, or not in every row."""
    found = [lookup for fed in feeds for lookup in rule.lookups if _is_needed(lookup, fed)]
    return list(dict.fromkeys(found))


def _is_needed(lookup: Lookup, fed: Fed) -> bool:
    if lookup.column not in fed.feed.columns:
        return True
    # A table that the same rows feed knows no more than they do.
    return lookup.fills and all(f"silver.{entity}" != lookup.table for entity in fed.source.tables[fed.source_table].feeds)


def unstitched_sources(rule: Merge, feeds: Sequence[Fed]) -> list[str]:
    """The sources that leave users of visitors, and sessions, to us: none of their feeds gives a session."""
    given = {fed.source.source for fed in feeds if "session_id" in fed.feed.columns}
    return sorted({fed.source.source for fed in feeds} - given) if rule.is_stitched else []


def waiting_for(rows: DataFrame, rule: Merge, others: Mapping[str, DataFrame]) -> DataFrame:
    """The rows with a column `_missing`: the reason code of the first reference that does not exist, else null.

    A column that the rows do not have is looked up later, and known to exist.
    """
    reasons = ["cast(null as string)"]
    for column, table in [(c, t) for c, t in rule.references.items() if c in rows.columns]:
        known = others[table].select(F.col(column).alias("_known"))
        rows = rows.join(known, on=rows[column] == known["_known"], how="left")
        rows = rows.withColumn(f"_absent_{column}", F.expr(f"{column} is not null and _known is null")).drop("_known")
        reasons.append(f"case when _absent_{column} then '{reason_for(column)}' end")
    marked = rows.withColumn("_missing", F.expr(f"coalesce({', '.join(reasons)})"))
    return marked.drop(*(f"_absent_{column}" for column in rule.references))


def unfed_references(fed: Fed, rule: Merge) -> dict[str, str]:
    """Of the columns that the feed gives and that refer to a table, those whose table no feed of its source fills."""
    filled = {f"silver.{entity}" for table in fed.source.tables.values() for entity in table.feeds}
    given = {*fed.feed.columns, *fed.feed.pseudonymise}
    return {column: table for column, table in rule.references.items() if column in given and table not in filled}


def reason_for(column: str) -> str:
    """The reason code of a row whose reference does not exist: `user_id` -> `unknown_user_id`."""
    return f"unknown_{column}"


def held_for_references(quarantined: DataFrame, fed: Fed, rule: Merge) -> DataFrame:
    """The quarantined rows of the feed that nothing is wrong with but a missing reference."""
    alone = reduce(lambda a, b: a | b, [F.col("reasons") == F.array(F.lit(reason_for(c))) for c in rule.references])
    return quarantined.where((F.col("entity") == fed.entity) & alone)


def any_held_for_references(store: Store, fed: Fed, rule: Merge) -> bool:
    """Whether there is a row as `held_for_references` gives them; asked without Spark, since mostly there is none."""
    if not rule.references or not store.exists(fed.quarantine):
        return False
    with Snapshot.of(store, [fed.quarantine]) as seen:
        alone = [[reason_for(column)] for column in rule.references]
        held = f"select 1 from {fed.quarantine} where entity = ? and list_contains(?, reasons) limit 1"
        return not seen.rows(held, [fed.entity, alone]).empty


def conformed_again(store: Store, fed: Fed, table: Table, pseudonym_key: str) -> DataFrame:
    """Rows held for a reference, through the contract once more, with the provenance of their first arrival."""
    assert isinstance(table.refresh, Merge)
    held = held_for_references(store.read(fed.quarantine), fed, table.refresh)
    arrivals = restored(held, fed.source.tables[fed.source_table].all_fields)
    return conform(arrivals, fed.source, fed.feed, table, pseudonym_key)
