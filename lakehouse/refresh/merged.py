"""Refreshing a silver table from the contracts that feed it: new arrivals are merged by key, the latest winning.

Which rows those are tells `lakehouse.refresh.merging`; rows in which nothing changes are not written again.
"""

from collections.abc import Iterable, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.catalogue.discovery import Catalogue, Entry
from lakehouse.contract import wins
from lakehouse.contract.provenance import ARRIVAL_ORDER
from lakehouse.identity import stitching as identity
from lakehouse.refresh.counts import Counts
from lakehouse.refresh.fed import Fed, feeds_code, reads_of
from lakehouse.refresh.merging import Merging, all_rows, new_rows
from lakehouse.refresh.publication import declared, publish
from lakehouse.refresh.run import Mode, Outcome, Run
from lakehouse.refresh.state import can_follow, marks, next_generation, state_of
from libs.tables import Merge


def refresh_merged(run: Run, entry: Entry, feeds: Sequence[Fed], catalogue: Catalogue) -> Outcome:
    """Bring a silver table up to date with the bronze tables that feed it and with the tables that it looks up.

    Without any feed the table is made empty, so that what is computed from it has its columns.
    Raises TableError when the rows may not be published; the old version stays then.
    """
    store, table = run.store.in_own_session(), entry.table
    assert isinstance(table.refresh, Merge)
    code = feeds_code(entry, feeds, run.pseudonym_key)
    now = marks(store, [*dict.fromkeys(fed.bronze for fed in feeds), *reads_of(entry, feeds)])
    merging = Merging(run, store, table, table.refresh, feeds, catalogue, code, state_of(store, table.name), now)
    before = merging.before
    if before is None or not can_follow(store, before, code, now):
        return _fully(merging)
    if before.consumed == now:
        return Outcome(table.name, "unchanged", version=store.version(table.name))
    return _incrementally(merging)


def _fully(merging: Merging) -> Outcome:
    if not merging.feeds:
        return _empty(merging)
    counts = [Counts() for _ in merging.feeds]
    _write(merging, all_rows(merging, counts))
    commit = merging.store.last_commit(merging.table.name)
    return _accounted(merging, "full", counts, commit.metrics["numOutputRows"], commit.version)


def _empty(merging: Merging) -> Outcome:
    rows = merging.store.spark.createDataFrame([], merging.table.schema)
    _write(merging, rows)
    return Outcome(merging.table.name, "full", version=merging.store.version(merging.table.name))


def _write(merging: Merging, rows: DataFrame) -> None:
    store, table = merging.store, merging.table
    state = merging.state(next_generation(store, table.name))
    if table.expectations:
        publish(merging.run, table, rows, lambda kept: store.overwrite(table.name, kept, state, table.skipping_columns))
    else:
        # The contract has judged each row and `latest` leaves one a key: written in one pass, without keeping them first.
        store.overwrite(table.name, declared(table, rows), state, table.skipping_columns)


def _incrementally(merging: Merging) -> Outcome:
    store, table = merging.store, merging.table
    counts = [Counts() for _ in merging.feeds]
    assert merging.before is not None
    state, when = merging.state(merging.before.generation), _update_when(merging)
    done = publish(
        merging.run, table, new_rows(merging, counts), lambda kept: store.merge(table.name, kept, table.primary_key, when, state)
    )
    return _accounted(merging, "merge", counts, done.inserted, store.version(table.name), done.updated)


def _accounted(merging: Merging, mode: Mode, counts: Iterable[Counts], inserted: int, version: int, updated: int = 0) -> Outcome:
    """Rows in = new keys + quarantined + seen before; a corrected or resent row counts as seen before."""
    rows, quarantined = (sum(getattr(c, name) for c in counts) for name in ("rows", "quarantined"))
    return Outcome(
        merging.table.name,
        mode,
        rows_in=rows,
        rows_out=inserted + updated,
        quarantined=quarantined,
        rows_seen_before=rows - quarantined - inserted,
        version=version,
        notes=_notes(merging),
        read_after={fed.bronze: _read_after(merging, fed, mode) for fed in merging.feeds},
    )


def _notes(merging: Merging) -> list[str]:
    """How many visitors of each unstitched source were seen with several users."""
    if not merging.unstitched:
        return []
    rows = merging.store.read(merging.table.name).where(F.col("source").isin(merging.unstitched))
    counted = identity.ambiguous(rows).groupBy("source").count().orderBy("source").collect()
    return [f"{row.source}: {row['count']:,} anonymous ids were seen with several users and stay unstitched" for row in counted]


def _read_after(merging: Merging, fed: Fed, mode: Mode) -> int:
    return -1 if mode == "full" or merging.before is None else merging.before.consumed[fed.bronze].version


def _update_when(merging: Merging) -> str:
    """A given row replaces the one there when it wins over it, or when it is the same with other values looked up or stitched."""
    conditions = [f"(s.source = '{f.source.source}' and {wins(f.feed, 's', 't')})" for f in merging.feeds]
    looked_up = [f"not (s.{lookup.column} <=> t.{lookup.column})" for lookup in merging.rule.lookups]
    if merging.unstitched:
        looked_up += [f"not (s.{column} <=> t.{column})" for column in ("user_id", "session_id")]
    if looked_up:
        same = " and ".join(f"s.{c} = t.{c}" for c in ARRIVAL_ORDER)
        conditions.append(f"({same} and ({' or '.join(looked_up)}))")
    return " or ".join(conditions)
