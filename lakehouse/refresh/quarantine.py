"""Quarantine: the rows that a contract rejects, one table for each bronze table, with the reasons.

A row leaves it when what it referred to has arrived, or when a mended row that replaces it has been taken into bronze.
"""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.bronze.ingest import REPLACES
from lakehouse.catalog import Catalogue, Entry
from lakehouse.contract import QUARANTINE_COLUMNS, accepted, conform, rejected
from lakehouse.refresh.fed import Fed, conformed_again, feeds_code, held_for_references, waiting_for
from lakehouse.refresh.publication import declared
from lakehouse.refresh.run import Mode, Outcome, Run
from lakehouse.refresh.state import Marks, State, can_follow, marks, next_generation, state_of
from libs.store import Store, only_inserted
from libs.table import Append, Merge, Table


def quarantine_table(name: str) -> Table:
    """The declaration of a table of rejected rows."""
    return Table(
        name=name,
        comment="Rows that break the contract, with the reasons; see make replay",
        columns=QUARANTINE_COLUMNS,
        primary_key=[],
        refresh=Append(),
    )


def refresh_quarantine(run: Run, feeds: Sequence[Fed], catalogue: Catalogue, silver: Sequence[Outcome] = ()) -> Outcome:
    """Add the rows of one bronze table that its feeds reject, and drop those that are no longer rejected.

    `silver` tells what the run made of the tables that the feeds fill: when those read the same arrivals and rejected none,
    the arrivals are not read again.

    Comes after the silver tables that the feeds fill: those take up released rows while they are still here.
    """
    store, table = run.store.in_own_session(), quarantine_table(feeds[0].quarantine)
    entries = {fed.entity: _entry(catalogue, fed) for fed in feeds}
    code = "".join(feeds_code(entries[fed.entity], [fed], run.pseudonym_key) for fed in feeds)
    references = {name for entry in entries.values() for name in _rule(entry).references.values()}
    now = marks(store, [feeds[0].bronze, *sorted(references)])
    before = state_of(store, table.name)
    if before is not None and before.code == code and _nothing_to_do(store, table, before, now, feeds[0]):
        return Outcome(table.name, "unchanged", version=store.version(table.name))
    if before is None or not can_follow(before, code, now):
        state = State(now, None, code, next_generation(store, table.name)).packed()
        if _none_rejected(silver, feeds[0], -1):
            rows = store.spark.createDataFrame([], table.schema)
        else:
            rows = _rejected(run, store, store.read(feeds[0].bronze), feeds, entries)
            rows = rows.join(_replaced(store, feeds[0].bronze), on="_row_hash", how="left_anti")
        store.overwrite(table.name, declared(table, rows), state)
        return _outcome(store, table, "full")
    state = State(now, None, code, before.generation).packed()
    version = store.version(table.name)
    if _none_rejected(silver, feeds[0], before.consumed[feeds[0].bronze].version):
        rows = store.spark.createDataFrame([], table.schema)
    else:
        arrivals = only_inserted(store.changes(feeds[0].bronze, *_range(before, now[feeds[0].bronze].version, feeds[0])))
        rows = _rejected(run, store, arrivals, feeds, entries)
    store.append(table.name, declared(table, rows), state)
    appended = _outcome(store, table, "append", version)
    _release(run, store, table, feeds, entries, state)
    return appended


def _nothing_to_do(store: Store, table: Table, before: State, now: Marks, fed: Fed) -> bool:
    """Without arrivals, only rows that wait for a reference could change, and there are none in an empty table."""
    same_arrivals = before.consumed.get(fed.bronze) == now[fed.bronze]
    return before.consumed == now or (same_arrivals and store.row_count(table.name) == 0)


def _none_rejected(silver: Sequence[Outcome], fed: Fed, read_after: int) -> bool:
    same = all(outcome.read_after.get(fed.bronze) == read_after for outcome in silver)
    return bool(silver) and same and not any(outcome.quarantined for outcome in silver)


def _range(before: State, until: int, fed: Fed) -> tuple[int, int]:
    return min(before.consumed[fed.bronze].version, until - 1), until


def _entry(catalogue: Catalogue, fed: Fed) -> Entry:
    return next(e for e in catalogue.values() if isinstance(e.table.refresh, Merge) and e.table.refresh.entity == fed.entity)


def _rule(entry: Entry) -> Merge:
    assert isinstance(entry.table.refresh, Merge)
    return entry.table.refresh


def _outcome(store: Store, table: Table, mode: Mode, version_before: int = -1) -> Outcome:
    """An append of no rows makes no version: then nothing has changed."""
    commit = store.last_commit(table.name)
    if mode == "append" and commit.version == version_before:
        return Outcome(table.name, "unchanged", version=commit.version)
    return Outcome(table.name, mode, rows_out=commit.metrics.get("numOutputRows", 0), version=commit.version)


def _rejected(run: Run, store: Store, arrivals: DataFrame, feeds: Sequence[Fed], entries: dict[str, Entry]) -> DataFrame:
    found = []
    for fed in feeds:
        entry, rule = entries[fed.entity], _rule(entries[fed.entity])
        conformed = conform(arrivals, fed.source, fed.feed, entry.table, run.pseudonym_key, keep_raw=bool(rule.references))
        if rule.references:
            others = {name: store.read(name) for name in rule.references.values()}
            conformed = waiting_for(conformed, rule, others)
            missing = F.expr("case when size(_reasons) = 0 and _missing is not null then array(_missing) else _reasons end")
            conformed = conformed.withColumn("_reasons", missing).drop("_missing")
        found.append(rejected(conformed, entry.table))
    return reduce(DataFrame.unionByName, found)


def _replaced(store: Store, bronze: str) -> DataFrame:
    """Hashes of the rows that a mended row replaces."""
    return store.read(bronze).where(F.col(REPLACES).isNotNull()).select(F.col(REPLACES).alias("_row_hash"))


def _release(
    run: Run, store: Store, table: Table, feeds: Sequence[Fed], entries: dict[str, Entry], state: dict[str, object]
) -> None:
    """Delete the rows whose reference exists now and those that were replaced."""
    gone = [_replaced(store, feeds[0].bronze)]
    for fed in feeds:
        rule = _rule(entries[fed.entity])
        if rule.references and not held_for_references(store.read(table.name), fed, rule).isEmpty():
            again = accepted(conformed_again(store, fed, entries[fed.entity].table, run.pseudonym_key))
            others = {name: store.read(name) for name in rule.references.values()}
            gone.append(waiting_for(again, rule, others).where("_missing is null").select("_row_hash"))
    hashes = reduce(DataFrame.unionByName, gone).distinct()
    there = store.read(table.name).join(hashes, on="_row_hash", how="left_semi")
    if not there.isEmpty():
        numbers = ", ".join(str(row[0]) for row in there.select("_row_hash").distinct().collect())
        store.delete(table.name, f"_row_hash in ({numbers})", state)
