"""Quarantine: the rows that a contract rejects, one table for each bronze table, with the reasons.

A row leaves it when what it referred to has arrived, or when a fixed row that replaces it has been taken into bronze.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.bronze.rows import REPLACES
from lakehouse.catalogue.entry import Catalogue, Entry
from lakehouse.contract.conform import Rows, conformed, is_rejected_by
from lakehouse.contract.hashes import fields_of, former_row_hash, row_hash
from lakehouse.contract.outcome import QUARANTINE_COLUMNS, accepted, rejected
from lakehouse.refresh.arrivals import Arrivals, judged_rows
from lakehouse.refresh.fed import Fed, any_held_for_references, conformed_again, feeds_code, waiting_for
from lakehouse.refresh.run import Outcome, Run
from lakehouse.refresh.state import Marks, State, marks, next_generation, state_before, successor, why_rebuilt
from lakehouse.refresh.why_quarantined import why_quarantined
from libs.store.port import Store
from libs.store.snapshot import Snapshot
from libs.tables import Merge, Rejected, Table


def quarantine_table(name: str) -> Table:
    """The declaration of a table of rejected rows."""
    return Table(
        name=name,
        comment="Rows that break the contract, with the reasons; see make replay",
        columns=QUARANTINE_COLUMNS,
        primary_key=[],
        refresh=Rejected(),
    )


def refresh_quarantine(
    run: Run, feeds: Sequence[Fed], catalogue: Catalogue, arrivals: Arrivals, silver: Sequence[Outcome] = ()
) -> Outcome:
    """Add the rows of one bronze table that its feeds reject, and drop those that are no longer rejected.

    `silver` is what the run did to the tables that the feeds fill: of those that read the same arrivals and rejected none,
    the feeds are not asked again.

    Comes after the silver tables that the feeds fill: those take up released rows while they are still here.
    """
    store, table = run.store.in_own_session(), quarantine_table(feeds[0].quarantine)
    entries = {fed.entity: _entry(catalogue, fed) for fed in feeds}
    code = "".join(feeds_code(entries[fed.entity], [fed], run.pseudonym_key) for fed in feeds)
    references = {name for entry in entries.values() for name in _rule(entry).references.values()}
    now = marks(store, [feeds[0].bronze, *sorted(references)])
    before = state_before(store, table.name, now)
    why = why_rebuilt(store, before, code, now)
    if before is not None and why is None and before.consumed == now:
        return Outcome(table.name, "unchanged", version=store.version(table.name))
    if before is None or why is not None:
        state = successor(store, before, now, code, next_generation(store, table.name)).packed()
        rejecting = _may_reject(silver, feeds, entries, -1)
        if rejecting:
            rows = _rejected(run, store, _rows(store, feeds[0], entries, arrivals, None, now), rejecting, entries)
        else:
            rows = store.spark.createDataFrame([], table.schema)
        written = store.overwrite(table, rows, state)
        notes = why_quarantined(store, table.name, written, feeds) if written.inserted else []
        return Outcome(table.name, "full", rows_out=written.inserted, version=written.version, notes=notes, why=why)
    # Before the arrivals are in, and with the state that was: a run that ends in between does all of it again.
    _release(run, store, table, feeds, entries, before)
    state = successor(store, before, now, code, before.generation).packed()
    after, until = before.consumed[feeds[0].bronze].version, now[feeds[0].bronze].version
    rejecting = _may_reject(silver, feeds, entries, after) if after != until else []
    if rejecting:
        rows = _rejected(run, store, _rows(store, feeds[0], entries, arrivals, after, now), rejecting, entries)
        written = store.append(table, rows, state)
    else:
        written = store.commit(table, state)
    if not written.inserted:
        return Outcome(table.name, "unchanged", version=written.version)
    arrived_at = store.changed(feeds[0].bronze, "_ingested_at", after, until)
    notes = why_quarantined(store, table.name, written, feeds, arrived_at)
    return Outcome(table.name, "append", rows_out=written.inserted, version=written.version, notes=notes)


def _may_reject(silver: Sequence[Outcome], feeds: Sequence[Fed], entries: Mapping[str, Entry], read_after: int) -> list[Fed]:
    """The feeds save those whose table read the arrivals after the same version of bronze and rejected none."""
    done = {outcome.table: outcome for outcome in silver}

    def may(fed: Fed) -> bool:
        outcome = done.get(entries[fed.entity].table.name)
        return outcome is None or outcome.quarantined > 0 or outcome.read_after.get(fed.bronze) != read_after

    return [fed for fed in feeds if may(fed)]


def _entry(catalogue: Catalogue, fed: Fed) -> Entry:
    return next(e for e in catalogue.values() if isinstance(e.table.refresh, Merge) and e.table.refresh.entity == fed.entity)


def _rule(entry: Entry) -> Merge:
    assert isinstance(entry.table.refresh, Merge)
    return entry.table.refresh


def _rows(store: Store, fed: Fed, entries: Mapping[str, Entry], arrivals: Arrivals, after: int | None, now: Marks) -> Rows:
    """All rows of bronze, or those after a version, cleaned and judged, without those that a fixed row replaces."""
    table, until = entries[fed.entity].table, now[fed.bronze].version
    if not _any_replaced(store, fed.bronze):
        return arrivals.rows(fed, table, after, until)
    return judged_rows(fed, table, without_replaced(arrivals.bronze(fed.bronze, after, until), _replaced(store, fed.bronze)))


def _rejected(run: Run, store: Store, rows: Rows, feeds: Sequence[Fed], entries: Mapping[str, Entry]) -> DataFrame:
    """The arrivals that the feeds reject."""
    found = []
    for fed in feeds:
        entry, rule = entries[fed.entity], _rule(entries[fed.entity])
        # Others could wait for a reference, save those that another feed rejects.
        wrong = rows if rule.references or not fed.others else _wrong(rows, entry.table)
        done = conformed(wrong, fed.source, fed.feed, entry.table, run.pseudonym_key, keep_raw=bool(rule.references))
        if rule.references:
            referred_to = {name: store.read(name) for name in rule.references.values()}
            done = waiting_for(done, rule, referred_to)
            missing = F.expr("case when size(_reasons) = 0 and _missing is not null then array(_missing) else _reasons end")
            done = done.withColumn("_reasons", missing).drop("_missing")
        found.append(rejected(done, entry.table))
    return reduce(DataFrame.unionByName, found)


def _wrong(rows: Rows, table: Table) -> Rows:
    """Those of the rows that the feed of the table rejects."""
    return replace(rows, frame=rows.frame.where(is_rejected_by(table) | F.col("_malformed").isNotNull()))


def without_replaced(arrivals: DataFrame, replaced: DataFrame) -> DataFrame:
    """The rows of bronze that no fixed row replaces; `replaced` holds, as `_row_hash`, hashes of this or earlier versions."""
    fields = fields_of(arrivals)
    for hashed in (row_hash(fields), former_row_hash(fields)):
        arrivals = arrivals.withColumn("_row_hash", hashed).join(replaced, on="_row_hash", how="left_anti").drop("_row_hash")
    return arrivals


def _replaced(store: Store, bronze: str) -> DataFrame:
    """Hashes of the rows that a fixed row replaces."""
    return store.read(bronze).where(F.col(REPLACES).isNotNull()).select(F.col(REPLACES).alias("_row_hash"))


def _any_replaced(store: Store, bronze: str) -> bool:
    """Whether a fixed row was ever taken; read without Spark, since mostly none was."""
    with Snapshot.of(store, [bronze]) as seen:
        return not seen.rows(f"select 1 from {bronze} where {REPLACES} is not null limit 1").empty


def _release(run: Run, store: Store, table: Table, feeds: Sequence[Fed], entries: dict[str, Entry], state: State) -> None:
    """Delete the rows whose reference exists now and those that were replaced."""
    gone = [_replaced(store, feeds[0].bronze)] if _any_replaced(store, feeds[0].bronze) else []
    for fed in feeds:
        rule = _rule(entries[fed.entity])
        if any_held_for_references(store, fed, rule):
            again = accepted(conformed_again(store, fed, entries[fed.entity].table, run.pseudonym_key))
            others = {name: store.read(name) for name in rule.references.values()}
            gone.append(waiting_for(again, rule, others).where("_missing is null").select("_row_hash"))
    if not gone:
        return
    hashes = reduce(DataFrame.unionByName, gone).distinct()
    with store.staging() as staging:
        held = store.read(table.name).join(hashes, on="_row_hash", how="left_semi")
        released = staging.keep(held.select("_row_hash").distinct())
        if released.count:
            store.delete_matching(table, released.rows, ["_row_hash"], state.packed())
