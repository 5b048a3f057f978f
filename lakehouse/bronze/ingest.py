"""Ingest: files of a source's table are appended to its bronze table, each file once.

A run's new files are one batch and one commit, whose state says which files were taken (`lakehouse.bronze.taken`): a run that
is killed repeats its batch as a whole, or not at all. Files that streams of older versions took are not taken again.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lakehouse.bronze import currencies, lookalikes
from lakehouse.bronze.checkpoints import taken_by_stream
from lakehouse.bronze.endings import file_name, form_of
from lakehouse.bronze.files import Files, Listing
from lakehouse.bronze.left_out import readable, unclaimed
from lakehouse.bronze.readers import State, read_again, readings_of, stamped, state_after, state_before
from lakehouse.bronze.remarks import Remark, lines, names
from lakehouse.bronze.rows import Arrival, FileRows, bronze_table, told_by_engine
from lakehouse.bronze.taken import Taken, newest, planned, unpacked
from lakehouse.contract.source import Source, SourceTable
from libs.counted import counted
from libs.errors import InputError
from libs.store.arrow_rows import arrow_schema
from libs.store.conditions import NEVER, Column, Condition, Equal, Or
from libs.store.port import Store
from libs.store.snapshot import Snapshot
from libs.tables import Table

COMPOSED = "{} with characters in another form of Unicode, such as é as e and an accent: taken in the composed form (NFC)"


@dataclass(frozen=True)
class IngestResult:
    """What one run took: rows, names of the files, and remarks for the user."""

    rows: int
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


def ingest(
    store: Store, source: Source, table: str, data: Path | str, ingested_at: datetime, listing: Listing | None = None
) -> IngestResult:
    """Append the rows of the table's files in `data` that no run has taken yet; `ingested_at` is in UTC.

    listing: what is in `data`, where that is known. Files that were read by an older reader, or before their table's declaration
    was corrected, are read again (`lakehouse.bronze.readers`). Notes name the files that are not taken, with the reason.
    Raises InputError, one line, when the folder or a file of a table that is not optional is not there, or when a new file
    can't be read or lacks a field; nothing is written then, and the next run tries again.
    """
    bronze, files = bronze_table(source, table), Files.of(data)
    state = state_before(store, bronze.name)
    batch = _last_batch(store, bronze, state)
    before = _taken_before(store, bronze, state, f"{source.source}_{table}", batch)
    there = listing or files.listing(data)
    patterns = source.patterns(table)
    found, unread = readable(there.of(patterns), files, patterns)
    plan = planned(found, before, files.digest)
    rows = FileRows(files, table, source.tables[table], arrow_schema(bronze))
    again = read_again(store, rows, bronze, found, plan.known, before)
    take = [*plan.take, *again.fresh]
    readings = readings_of(rows.table)
    taken = stamped(plan.taken, {file.path: file.reading for file in newest(again.taken).values() if file.reading})
    arrivals = {file.path: Arrival(ingested_at, batch + 1, number) for number, file in enumerate(take, 1)}
    taken = stamped(taken, {file.path: readings[form_of(file.path)] for file in take}, arrivals)
    given = rows.of((file, arrivals[file.path]) for file in take)
    inserted, of_taken = _take(store, bronze, given, taken, list(again.taken))
    remarks = lines([*unread, *plan.remarks, *of_taken])
    read = again.where if not take else Or((again.where, Equal(Column("_batch_id"), batch + 1)))
    notes = (
        *again.notes,
        *remarks,
        *_of_rows(store, bronze, source, rows.table, read),
        *_missing(store, source, table, data, there),
    )
    return IngestResult(inserted + again.rows, tuple(file_name(file.path) for file in take), notes)


def _last_batch(store: Store, bronze: Table, state: State) -> int:
    if "batch" in state:
        return int(state["batch"])
    greatest = store.greatest(bronze.name, "_batch_id") if store.exists(bronze.name) else None
    return -1 if greatest is None else int(greatest)


def _taken_before(store: Store, bronze: Table, state: State, stream: str, last_batch: int) -> list[Taken]:
    known = unpacked(state)
    if known is not None or not store.exists(bronze.name):
        return known or []
    return [Taken(path) for path in taken_by_stream(store.root, stream, last_batch)]


def _take(store: Store, bronze: Table, rows: FileRows, taken: list[Taken], before: list[Taken]) -> tuple[int, list[Remark]]:
    """The number of rows that were taken, and remarks on the files. taken: all that was taken with these; before: without."""
    if not rows.paths:
        if taken != before:
            store.commit(bronze, state_after(store, bronze.name, taken=taken))
        return 0, []
    remarks = rows.check()
    batch, readings = next(arrival.batch for _, arrival in rows.given.values()), readings_of(rows.table)
    forms = {form: readings[form] for form in map(form_of, rows.paths)}
    state = state_after(store, bronze.name, forms, taken=taken, batch=batch)
    with told_by_engine():
        return store.append(bronze, store.from_parts(rows.paths, rows, rows.schema), state).inserted, remarks


def _of_rows(store: Store, bronze: Table, source: Source, table: SourceTable, read: Condition) -> list[str]:
    """What is to be said of the rows that were read now: other forms of Unicode, columns like declared ones, or like a currency."""
    if read == NEVER:
        return []
    with Snapshot(store, {bronze.name: store.version(bronze.name)}, {bronze.name: read}) as seen:
        count = seen.answer(f"select count(*) as count from {bronze.name} where _composed")[0]["count"]
        composed = [COMPOSED.format(counted(count, "row"))] if count else []
        return [*composed, *lookalikes.remarks(seen, bronze, table), *currencies.remarks(seen, bronze, source, table)]


def _missing(store: Store, source: Source, table: str, data: Path | str, there: Listing) -> tuple[str, ...]:
    """Raises InputError when no file of a table that must be there was ever taken."""
    if store.exists(source.bronze_name(table)):
        return ()
    missing = f"{data}: table {table}: no file {' or '.join(source.patterns(table)[:3])}"
    if not source.tables[table].optional:
        others = unclaimed(there, source)
        besides = f" (what fits no table: {names(others)})" if others else ""
        raise InputError(f"{missing}{besides}: put one there, or name another folder in DATA")
    return (f"{missing}; the table is optional and was left out",)
