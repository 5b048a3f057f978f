"""The rows that a silver table takes from its contracts: all of them, or what is new since the version before.

Besides new arrivals a run takes up rows that waited in quarantine for a reference that exists now, and rows whose looked
up values changed. Of events it takes up all rows whose user, session, country, device or traffic source the arrivals may change
(`lakehouse.refresh.identified`).
"""

from collections.abc import Callable, Sequence
from functools import reduce

from pyspark.sql import DataFrame

from lakehouse.contract.conform import Rows
from lakehouse.contract.outcome import accepted, judged, latest, with_first_known, with_since
from lakehouse.contract.repeats import by_few_repeats, by_repeats
from lakehouse.definitions.union import united
from lakehouse.refresh.arrivals import judged_rows
from lakehouse.refresh.counts import Arrived, together, without_missing
from lakehouse.refresh.fed import Fed, any_held_for_references, conformed_again, waiting_for
from lakehouse.refresh.identified import identified, identified_anew
from lakehouse.refresh.lookups import completed, revisited
from lakehouse.refresh.one_merge import Merging
from lakehouse.refresh.told import current

# Above as many arrivals ordering all of them costs Spark more than looking for those with repeated keys first. Natively, where
# valid rows are staged, it always does.
MANY = 1_000_000


def all_rows(merging: Merging) -> Arrived:
    """The rows of the table computed from scratch; what becomes of each feed's arrivals is counted as they are written."""
    batches = [_whole_batch(merging, fed) for fed in merging.feeds]
    return _united(merging, batches, identified)


def new_rows(merging: Merging) -> Arrived:
    """The rows that may change the table as it is, counted likewise."""
    batches = [_new_batch(merging, fed) for fed in merging.feeds]
    return _united(merging, batches, identified_anew)


def _whole_batch(merging: Merging, fed: Fed) -> Arrived:
    """What one feed gives to a table that is computed from scratch, one row a key."""
    arrivals, is_spark = merging.arrived(fed, None), merging.store.engine == "spark"
    if is_spark and merging.store.row_count(fed.bronze) > MANY:
        alone, shared = (_fresh(merging, fed, part) for part in by_repeats(arrivals, fed.source, fed.feed, merging.table))
        return together((alone, shared), _one_a_key(merging, fed, alone.rows, shared.rows))
    fresh = _fresh(merging, fed, arrivals)
    parts = None if is_spark else by_few_repeats(fresh.rows, merging.table)
    return fresh.with_rows(_one_a_key(merging, fed, *parts) if parts else latest(fresh.rows, merging.table, fed.feed))


def _one_a_key(merging: Merging, fed: Fed, alone: DataFrame, shared: DataFrame) -> DataFrame:
    """The rows that are alone with their key, and the latest of those that share one."""
    return judged(alone).unionByName(latest(shared, merging.table, fed.feed))


def _fresh(merging: Merging, fed: Fed, arrivals: Rows) -> Arrived:
    """The valid rows among new arrivals whose references exist; the arrivals are counted."""
    arrived = Arrived.valid(merging.conformed(fed, arrivals), merging.staging)
    if fed.feed.keep.first_known:
        arrived = arrived.with_rows(with_since(arrived.rows, fed.feed))
    if merging.rule.references:
        arrived = arrived.known(_marked(merging, arrived.rows), merging.staging)
    return arrived.with_rows(current(merging, fed, arrived.rows))


def _united(merging: Merging, batches: Sequence[Arrived], identify: Callable[[Merging, str, Arrived], DataFrame]) -> Arrived:
    """The rows of all feeds, a batch each, completed; those of events are identified before, a source at once."""
    given = list(zip(merging.feeds, batches, strict=True))
    if not merging.rule.is_stitched:
        rows = [completed(merging, batch.rows, [fed]) for fed, batch in given]
        return together(batches, reduce(DataFrame.unionByName, rows))
    parts = []
    for source in dict.fromkeys(fed.source.source for fed in merging.feeds):
        of_source = [(fed, batch) for fed, batch in given if fed.source.source == source]
        whole = together([batch for _, batch in of_source], united([batch.rows for _, batch in of_source]))
        parts.append(completed(merging, identify(merging, source, whole), [fed for fed, _ in of_source]))
    return together(batches, reduce(DataFrame.unionByName, parts))


def _new_batch(merging: Merging, fed: Fed) -> Arrived:
    """What one feed gives to a merge: its new arrivals, its released rows, its rows with other looked up values."""
    fresh = _new_arrivals(merging, fed)
    again = _released(merging, fed)
    if not merging.rule.is_stitched:
        again += revisited(merging, fed)
    parts = [fresh.rows, *(current(merging, fed, rows) for rows in again)]
    rows = latest(united(parts), merging.table, fed.feed)
    if fed.feed.keep.first_known:
        rows = with_first_known(rows, merging.store.read(merging.table.name), merging.table, fed.feed)
    return fresh.with_rows(rows)


def _has_news(merging: Merging, fed: Fed) -> bool:
    """Whether bronze gained rows: a file may hold none, and Spark plans rows away, with their counts, that it knows to be none."""
    assert merging.before is not None
    before, now = merging.before.consumed[fed.bronze].version, merging.now[fed.bronze].version
    return before < now and merging.store.row_count(fed.bronze, before) < merging.store.row_count(fed.bronze, now)


def _new_arrivals(merging: Merging, fed: Fed) -> Arrived:
    if not _has_news(merging, fed):
        # None, and so none to count.
        none = judged_rows(fed, merging.table, merging.store.read(fed.bronze).limit(0))
        return Arrived(accepted(merging.conformed(fed, none)))
    assert merging.before is not None
    return _fresh(merging, fed, merging.arrived(fed, merging.before.consumed[fed.bronze].version))


def _marked(merging: Merging, rows: DataFrame) -> DataFrame:
    return waiting_for(rows, merging.rule, {n: merging.other(n) for n in merging.rule.references.values()})


def _released(merging: Merging, fed: Fed) -> list[DataFrame]:
    """Rows that waited in quarantine for a reference, and whose reference exists now."""
    if not any_held_for_references(merging.store, fed, merging.rule):
        return []
    again = accepted(conformed_again(merging.store, fed, merging.table, merging.run.pseudonym_key))
    return [without_missing(_marked(merging, again))]
