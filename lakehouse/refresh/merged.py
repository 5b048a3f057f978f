"""Refreshing a silver table from the contracts that feed it: new arrivals are merged by key, the latest winning.

`lakehouse.refresh.merging` selects these rows; rows in which nothing changes are not rewritten.
"""

from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import functions as F

from lakehouse.catalogue.entry import Catalogue, Entry
from lakehouse.contract.outcome import since, wins
from lakehouse.contract.provenance import ARRIVAL_ORDER
from lakehouse.identity import stitching as identity
from lakehouse.identity.known import OF_USER
from lakehouse.refresh import event_types
from lakehouse.refresh.arrivals import Arrivals
from lakehouse.refresh.counts import Arrived
from lakehouse.refresh.fed import Fed, feeds_code, reads_of, unfed_references
from lakehouse.refresh.merging import all_rows, new_rows
from lakehouse.refresh.one_merge import Merging
from lakehouse.refresh.publication import checked
from lakehouse.refresh.run import Mode, Outcome, Run
from lakehouse.refresh.state import marks, next_generation, state_before, why_rebuilt
from lakehouse.refresh.told import outdated
from libs.counted import counted
from libs.store.conditions import And, Condition, Equal, Or, any_differs, given, stored
from libs.store.staged import Written
from libs.tables import Merge


def refresh_merged(run: Run, entry: Entry, feeds: Sequence[Fed], catalogue: Catalogue, arrivals: Arrivals) -> Outcome:
    """Bring a silver table up to date with the bronze tables that feed it and with the tables that it looks up.

    Without any feed the table is made empty, so that what is computed from it has its columns.
    Raises TableError when the rows may not be published; the old version stays then.
    """
    store, table = run.store.in_own_session(), entry.table
    assert isinstance(table.refresh, Merge)
    code = feeds_code(entry, feeds, run.pseudonym_key)
    now = marks(store, [*dict.fromkeys(fed.bronze for fed in feeds), *reads_of(entry, feeds)])
    before = state_before(store, table.name, now)
    with store.staging() as staging:
        merging = Merging(run, store, staging, table, table.refresh, feeds, catalogue, code, before, now, arrivals)
        why = why_rebuilt(store, before, code, now)
        if before is None or why is not None:
            return replace(_fully(merging), why=why)
        if before.consumed == now:
            return Outcome(table.name, "unchanged", version=store.version(table.name))
        return _incrementally(merging)


def _fully(merging: Merging) -> Outcome:
    arrived = all_rows(merging) if merging.feeds else _none(merging)
    return _accounted(merging, "full", arrived, _write(merging, arrived))


def _none(merging: Merging) -> Arrived:
    return Arrived(merging.store.spark.createDataFrame([], merging.table.schema))


def _write(merging: Merging, arrived: Arrived) -> Written:
    store, table = merging.store, merging.table
    state = merging.state(next_generation(store, table.name))
    # Without expectations rows are written in one pass: the contract has judged each, and `latest` leaves one a key.
    is_judged = not table.expectations
    rows = arrived.rows if is_judged else checked(merging.run, table, arrived.rows, merging.staging)
    return store.overwrite(table, rows, state)


def _incrementally(merging: Merging) -> Outcome:
    store, table = merging.store, merging.table
    assert merging.before is not None
    state, arrived = merging.state(merging.before.generation), new_rows(merging)
    gone = outdated(merging)
    staged = checked(merging.run, table, arrived.rows, merging.staging)
    if gone is None or gone.isEmpty():
        return _accounted(merging, "merge", arrived, store.merge(table, staged, _update_when(merging), state))
    # A run that ends between these two merges once more.
    written = store.merge(table, staged, _update_when(merging), merging.before.packed())
    left = outdated(merging)
    assert left is not None
    deleted = store.delete_matching(table, left, table.primary_key, state)
    return _accounted(merging, "merge", arrived, replace(written, version=deleted.version, deleted=deleted.deleted))


def _accounted(merging: Merging, mode: Mode, arrived: Arrived, written: Written) -> Outcome:
    """Rows in = new keys + quarantined + seen before; a corrected or resent row counts as seen before."""
    rows, quarantined = arrived.count, arrived.quarantined
    return Outcome(
        merging.table.name,
        mode,
        rows_in=rows,
        rows_out=written.changed,
        quarantined=quarantined,
        rows_seen_before=rows - quarantined - written.inserted,
        version=written.version,
        notes=[*_left_out(arrived), *_corrected(written), *_notes(merging), *(_unfed(merging) if quarantined else [])],
        read_after={fed.bronze: _read_after(merging, fed, mode) for fed in merging.feeds},
    )


LEFT_OUT = {
    "nobody": "{} with an id that proves no identity (a word such as anonymous, zeros only, or 1.23E+17): it was left out",
    "nothing": "{} with a word that means no value (such as null or undefined): that value was left empty",
    "respelled": "{} with an id in another form, such as 1001.0 or with blanks around it: taken as its canonical form",
}


def _left_out(arrived: Arrived) -> list[str]:
    """What was not taken as it came, of valid and of rejected rows."""
    counts = {what: arrived.left_out(what) for what in LEFT_OUT}
    return [LEFT_OUT[what].format(counted(count, "row")) for what, count in counts.items() if count]


def _corrected(written: Written) -> list[str]:
    return [f"{counted(written.deleted, 'row')} of events that came again as something else: deleted"] if written.deleted else []


def _notes(merging: Merging) -> list[str]:
    """What is to be said of the table's rows: visitors with several users, and event types that look like others."""
    return [*_ambiguous(merging), *_unlike_known(merging)]


def _unfed(merging: Merging) -> list[str]:
    """Of sources that give rows but not what these refer to, what to declare: their rows wait for it in quarantine."""
    return [
        f"{fed.source.source}: no feed fills {table}, and rows whose {column} is not in it wait in quarantine: "
        f"a feed of {table.partition('.')[2]} may read the same rows of {fed.source_table}"
        for fed in merging.feeds
        for column, table in unfed_references(fed, merging.rule).items()
    ]


def _unlike_known(merging: Merging) -> list[str]:
    if event_types.COLUMN not in merging.table.column_names or not merging.feeds:
        return []
    rows = merging.store.read(merging.table.name).select("source", event_types.COLUMN)
    return event_types.unlike_known(rows, merging.feeds, event_types.of_funnels(merging.run.declarations))


def _ambiguous(merging: Merging) -> list[str]:
    """How many visitors of each unstitched source were seen with several users."""
    if not merging.unstitched:
        return []
    rows = merging.store.read(merging.table.name).where(F.col("source").isin(merging.unstitched))
    counted = identity.ambiguous(rows).groupBy("source").count().orderBy("source").collect()
    return [f"{row.source}: {row['count']:,} anonymous ids were seen with several users and stay unstitched" for row in counted]


def _read_after(merging: Merging, fed: Fed, mode: Mode) -> int:
    return -1 if mode == "full" or merging.before is None else merging.before.consumed[fed.bronze].version


def _update_when(merging: Merging) -> Condition:
    """A given row replaces the stored one when it wins over it, or when it is the same with other values looked up or stitched.

    Where a feed keeps first known values, a given row has those of the stored one, and replaces it where they differ.
    """
    conditions = [And((Equal(given("source"), fed.source.source), wins(fed.feed))) for fed in merging.feeds]
    elsewhere = [lookup.column for lookup in merging.rule.lookups]
    elsewhere += [name for fed in merging.feeds for column in fed.feed.keep.first_known for name in (column, since(column))]
    computed = [*identity.COMPUTED, "session_id"] if merging.unstitched else OF_USER
    elsewhere += computed if merging.rule.is_stitched else []
    same = [Equal(given(column), stored(column)) for column in ARRIVAL_ORDER]
    return Or((*conditions, And((*same, any_differs(elsewhere)))))
