"""The rows that a silver table takes from its contracts: all of them, or what is new since the version before.

Besides new arrivals a run takes up rows that waited in quarantine for a reference that exists now, and rows whose looked
up values changed. Of sources that leave users of visitors, and sessions, to us, it takes up all rows whose user or session
the arrivals may change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.catalogue.entry import Catalogue
from lakehouse.contract.conform import conform
from lakehouse.contract.outcome import accepted, judged, latest, wins, with_first_known, with_since
from lakehouse.contract.repeats import by_repeats
from lakehouse.definitions.union import united
from lakehouse.identity import stitching as identity
from lakehouse.refresh.counts import Arrived, together, without_missing
from lakehouse.refresh.fed import Fed, any_held_for_references, conformed_again, unstitched_sources, waiting_for
from lakehouse.refresh.run import Run
from lakehouse.refresh.state import Marks, State, successor
from libs.store.changes import only_inserted
from libs.store.conditions import Or
from libs.store.dialects import spark_sql
from libs.store.port import Store
from libs.store.staged import Staging
from libs.tables import Lookup, Merge, Table

# On Spark, above as many arrivals ordering all of them costs more than looking for those with repeated keys first; natively it
# does not, where the join that looks for them takes more memory.
MANY = 1_000_000


@dataclass(frozen=True)
class Merging:
    """One refresh of one silver table: its state `before`, the versions of its sources `now`, where it stages rows."""

    run: Run
    store: Store
    staging: Staging
    table: Table
    rule: Merge
    feeds: Sequence[Fed]
    catalogue: Catalogue
    code: str
    before: State | None
    now: Marks

    def state(self, generation: int) -> dict[str, object]:
        """What is committed with the rows."""
        return successor(self.store, self.before, self.now, self.code, generation).packed()

    def conformed(self, fed: Fed, arrivals: DataFrame) -> DataFrame:
        """Rows of bronze as rows of the table, with what is wrong with each."""
        return conform(arrivals, fed.source, fed.feed, self.table, self.run.pseudonym_key, others=fed.others)

    def other(self, name: str) -> DataFrame:
        """Another table, as it stood when the refresh began."""
        return self.store.read(name, self.now[name].version)

    @property
    def unstitched(self) -> list[str]:
        """Sources that leave the users of visitors, and sessions, to us."""
        return unstitched_sources(self.rule, self.feeds)


def all_rows(merging: Merging) -> Arrived:
    """The rows of the table computed from scratch; what becomes of each feed's arrivals is counted as they are written."""
    batches = [_whole_batch(merging, fed) for fed in merging.feeds]
    return _united(merging, batches, lambda source, given: identity.stitched(identity.as_given(given)))


def new_rows(merging: Merging) -> Arrived:
    """The rows that may change the table as it is, counted likewise."""
    batches = [_new_batch(merging, fed) for fed in merging.feeds]
    return _united(merging, batches, lambda source, given: _stitched_anew(merging, source, given))


def _whole_batch(merging: Merging, fed: Fed) -> Arrived:
    """What one feed gives to a table that is computed from scratch, one row a key."""
    arrivals = merging.store.read(fed.bronze, merging.now[fed.bronze].version)
    if merging.store.engine != "spark" or merging.store.row_count(fed.bronze) <= MANY:
        fresh = _fresh(merging, fed, arrivals)
        return fresh.with_rows(latest(fresh.rows, merging.table, fed.feed))
    parts = [_fresh(merging, fed, part) for part in by_repeats(arrivals, fed.source, fed.feed, merging.table)]
    alone, shared = (part.rows for part in parts)
    return together(parts, judged(alone).unionByName(latest(shared, merging.table, fed.feed)))


def _fresh(merging: Merging, fed: Fed, arrivals: DataFrame) -> Arrived:
    """The valid rows among new arrivals whose references exist; the arrivals are counted."""
    arrived = Arrived.valid(merging.conformed(fed, arrivals), merging.staging)
    if fed.feed.keep.first_known:
        arrived = arrived.with_rows(with_since(arrived.rows, fed.feed))
    return arrived.known(_marked(merging, arrived.rows), merging.staging) if merging.rule.references else arrived


def _united(merging: Merging, batches: Sequence[Arrived], stitch: Callable[[str, DataFrame], DataFrame]) -> Arrived:
    """The rows of all feeds, a batch each, completed; those of a source that leaves it to us are stitched before."""
    parts: list[DataFrame] = []
    given: dict[str, list[DataFrame]] = {name: [] for name in merging.unstitched}
    for fed, batch in zip(merging.feeds, batches, strict=True):
        given.get(fed.source.source, parts).append(batch.rows)
    stitched = [stitch(source, united(rows)) for source, rows in given.items()]
    completed = [_completed(merging, rows) for rows in (*parts, *stitched)]
    return together(batches, reduce(DataFrame.unionByName, completed))


def _new_batch(merging: Merging, fed: Fed) -> Arrived:
    """What one feed gives to a merge: its new arrivals, its released rows, its rows with other looked up values."""
    fresh = _new_arrivals(merging, fed)
    parts = [fresh.rows, *_released(merging, fed)]
    if fed.source.source not in merging.unstitched:
        parts += _revisited(merging, fed)
    rows = latest(united(parts), merging.table, fed.feed)
    if fed.feed.keep.first_known:
        rows = with_first_known(rows, merging.store.read(merging.table.name), merging.table, fed.feed)
    return fresh.with_rows(rows)


def _stitched_anew(merging: Merging, source: str, given: DataFrame) -> DataFrame:
    """The rows of an unstitched source whose user, session or looked up values may differ now, not completed yet.

    What follows reads both steps several times, and planning all of it again each time would cost more than the work.
    """
    there = merging.store.read(merging.table.name).where(F.col("source") == source)
    feeds = [fed for fed in merging.feeds if fed.source.source == source]
    wins_there = spark_sql(Or(tuple(wins(fed.feed) for fed in feeds)))
    applied = merging.staging.without_plan(identity.arrived(there, identity.as_given(given), wins_there))
    revisited = [rows for fed in feeds for rows in _revisited(merging, fed)]
    return merging.staging.without_plan(identity.recomputed(there, applied, united(revisited) if revisited else None))


def _has_news(merging: Merging, fed: Fed) -> bool:
    """Whether bronze gained rows: a file may hold none, and Spark plans rows away, with their counts, that it knows to be none."""
    assert merging.before is not None
    before, now = merging.before.consumed[fed.bronze].version, merging.now[fed.bronze].version
    return before < now and merging.store.row_count(fed.bronze, before) < merging.store.row_count(fed.bronze, now)


def _new_arrivals(merging: Merging, fed: Fed) -> Arrived:
    if not _has_news(merging, fed):
        # None, and so none to count.
        return Arrived(accepted(merging.conformed(fed, merging.store.read(fed.bronze).limit(0))))
    assert merging.before is not None
    after, until = merging.before.consumed[fed.bronze].version, merging.now[fed.bronze].version
    return _fresh(merging, fed, only_inserted(merging.store.changes(fed.bronze, after, until)))


def _marked(merging: Merging, rows: DataFrame) -> DataFrame:
    return waiting_for(rows, merging.rule, {n: merging.other(n) for n in merging.rule.references.values()})


def _released(merging: Merging, fed: Fed) -> list[DataFrame]:
    """Rows that waited in quarantine for a reference, and whose reference exists now."""
    if not any_held_for_references(merging.store, fed, merging.rule):
        return []
    again = accepted(conformed_again(merging.store, fed, merging.table, merging.run.pseudonym_key))
    return [without_missing(_marked(merging, again))]


def _revisited(merging: Merging, fed: Fed) -> list[DataFrame]:
    """Rows of the table whose looked up values may have changed, as they came, without those values."""
    lookups = _looked_up(merging, fed)
    columns = [lookup.column for lookup in lookups]
    found = [rows for lookup in lookups for rows in _revisited_by(merging, lookup)]
    return [r.where(F.col("source") == fed.source.source).drop(*merging.rule.derived, *columns) for r in found]


def _revisited_by(merging: Merging, lookup: Lookup) -> list[DataFrame]:
    assert merging.before is not None
    after, until = merging.before.consumed[lookup.table].version, merging.now[lookup.table].version
    if after == until:
        return []
    key = merging.catalogue[lookup.table].table.primary_key[0]
    changed = merging.store.changes(lookup.table, after, until).select(F.col(key).alias("_changed")).distinct()
    there = merging.store.read(merging.table.name)
    touched = there.join(changed, on=there[lookup.on] == changed["_changed"], how="left_semi")
    # Asked first, over the one column: most changes are new users and products, which no row refers to yet.
    return [] if touched.select(lookup.on).isEmpty() else [touched]


def _looked_up(merging: Merging, fed: Fed) -> list[Lookup]:
    """The lookups that the feed does not give by itself."""
    return [lookup for lookup in merging.rule.lookups if lookup.column not in fed.feed.columns]


def _completed(merging: Merging, rows: DataFrame) -> DataFrame:
    """The rows with the looked up columns that they do not have yet, and the derived ones."""
    for lookup in merging.rule.lookups:
        if lookup.column not in rows.columns:
            key = merging.catalogue[lookup.table].table.primary_key[0]
            other = merging.other(lookup.table).select(F.col(key).alias("_key"), F.col(lookup.take).alias(lookup.column))
            rows = rows.join(other, on=rows[lookup.on] == other["_key"], how="left").drop("_key")
    derived = {column: F.expr(expression) for column, expression in merging.rule.derived.items()}
    columns = [derived[name].alias(name) if name in derived else F.col(name) for name in merging.table.column_names]
    return rows.select(*columns)
