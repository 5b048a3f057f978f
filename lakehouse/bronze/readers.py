"""By what files were read, and files that are read again when that changed: the code that reads, or the table's declaration.

Raise a form's number when rows that it read before were silently wrong. The next run that finds such files in its folder reads
them again, in place of the rows that were read before and as of their arrival; what depends on these rows is recomputed. The same
becomes of files whose table is declared otherwise since: encoding, delimiter, quote, escape, header, fields and the like.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lakehouse.bronze.endings import Form, file_name, form_of
from lakehouse.bronze.files import Found
from lakehouse.bronze.remarks import Remark, lines
from lakehouse.bronze.rows import Arrival, FileRows, told_by_engine
from lakehouse.bronze.taken import Taken, newest
from lakehouse.contract.source import SourceTable
from libs.store.conditions import NEVER, And, Column, Condition, Equal, Or
from libs.store.port import Store
from libs.store.snapshot import Snapshot
from libs.tables import Table

READERS: Mapping[Form, int] = {"CSV": 4, "JSON lines": 3, "Parquet": 3}
BEGINNING = 1
OF_CSV = ("encoding", "delimiter", "quote", "escape", "skip_rows", "header", "multiline")
State = dict[str, Any]
# A file's name and the batch that took it: bronze tells rows of files apart by these.
Place = tuple[str, int]


def state_after(
    store: Store,
    bronze: str,
    readings: Mapping[Form, str] | None = None,
    is_new_generation: bool = False,
    taken: Sequence[Taken] | None = None,
    batch: int | None = None,
) -> State:
    """The state of a commit to a bronze table that adds rows of files of these forms, each with its `reading`.

    readers and declared: the revision and the declaration by which each form was last read; generation: the version at which rows
    were last replaced; files: all that were taken; batch: the number of the last batch. What is not given stays as it was.
    """
    before = state_before(store, bronze)
    generation = store.version(bronze) + 1 if is_new_generation else before.get("generation", 0)
    by_form = {
        "readers": {**before["readers"], **{form: READERS[form] for form in readings or ()}},
        "declared": {**before.get("declared", {}), **(readings or {})},
    }
    given = {"files": None if taken is None else [file.packed() for file in taken], "batch": batch}
    kept = {name: before[name] for name in given if name in before}
    known = kept | {name: value for name, value in given.items() if value is not None}
    return {"consumed": {}, "as_of": None, "code": "files", "generation": generation, **by_form, **known}


def state_before(store: Store, bronze: str) -> State:
    """The state of the newest commit. Tables of older versions do not say who read their files: it was the first reader."""
    if not store.exists(bronze):
        return {"readers": {}}
    return {"readers": dict.fromkeys(READERS, BEGINNING)} | dict(store.last_commit(bronze).state or {})


def readings_of(table: SourceTable) -> dict[Form, str]:
    """By what a file of each form of the table is read now: the revision of its reader and a digest of its declaration."""
    fields = list(table.all_fields.items()) if not table.header else sorted(table.all_fields.items())
    own = {name: getattr(table, name) for name in OF_CSV} | {"by tabs": "delimiter" not in table.model_fields_set}
    declared: dict[Form, Any] = {"CSV": [own, fields], "JSON lines": sorted(fields), "Parquet": sorted(fields)}
    digests = {form: hashlib.sha256(json.dumps(given).encode()).hexdigest()[:12] for form, given in declared.items()}
    return {form: f"{READERS[form]}-{digest}" for form, digest in digests.items()}


@dataclass(frozen=True)
class Again:
    """What reading again came to: the number of rows, remarks, what was taken as it is known now, and files to take as new ones.

    fresh: files that gave no row when they were read before, and so have no arrival. where: which rows of bronze these are.
    """

    rows: int
    notes: Sequence[str]
    taken: Sequence[Taken]
    fresh: Sequence[Found]
    where: Condition = NEVER


def read_again(
    store: Store, rows: FileRows, bronze: Table, found: Iterable[Found], known: Sequence[Found], before: Sequence[Taken]
) -> Again:
    """Read the files again that were read by an older reader, or by another declaration.

    found: the table's files in the folder; known: those of them that were taken before and have the same contents.
    before: all that was taken.
    """
    state, now = state_before(store, bronze.name), readings_of(rows.table)
    last = newest(before)
    stale = [file for file in known if _reading(last[file.path], state, now) != now[form_of(file.path)]]
    there = {file.path for file in found}
    gone = [t for p, t in last.items() if p not in there and t.same_as is None and _reading(t, state, now) != now[form_of(p)]]
    if not stale:
        return _stamped(store, bronze, state, before, last, gone, now)
    arrivals = _arrivals(store, bronze.name)
    places = {path: _place(taken, arrivals) for path, taken in last.items()}
    lacking = {places[taken.path] for taken in gone}
    kept = [file for file in stale if places[file.path] in lacking]
    fresh = [file for file in stale if places[file.path] not in arrivals]
    again = [file for file in stale if file not in kept and file not in fresh]
    # What is not read again now is noted down, so that it is once it is back.
    late = [*gone, *(last[file.path] for file in kept)]
    done = stamped(before, {taken.path: _reading(taken, state, now) for taken in late})
    done = stamped(done, {file.path: now[form_of(file.path)] for file in again})
    told = lines([*map(_gone, gone), *map(_beside, kept)])
    if not again:
        return Again(0, told, done, fresh)
    given = rows.of((f, Arrival(arrivals[places[f.path]], places[f.path][1], last[f.path].file_number)) for f in again)
    given.check()
    forms = {form_of(file.path) for file in again}
    after = state_after(store, bronze.name, {form: now[form] for form in forms}, is_new_generation=True, taken=done)
    where = _rows_of(dict.fromkeys(places[file.path] for file in again))
    inserted = _replace(store, bronze, given, where, after)
    return Again(inserted, [f"files read again, by what reads them now: {len(again)}", *told], done, fresh, where)


def _reading(taken: Taken, state: State, now: Mapping[Form, str]) -> str:
    """By what a file was read. Older versions note the revision of its form alone."""
    form = form_of(taken.path)
    if taken.reading is not None:
        return taken.reading
    revision, _, digest = state.get("declared", {}).get(form, now[form]).partition("-")
    return f"{state['readers'].get(form, revision)}-{digest}"


def _stamped(
    store: Store,
    bronze: Table,
    state: State,
    before: Sequence[Taken],
    last: Mapping[str, Taken],
    gone: Sequence[Taken],
    now: Mapping[Form, str],
) -> Again:
    """Nothing is read again; what older versions did not note down is, and files that are gone are told once."""
    unnoted = {p: now[form_of(p)] for p, t in last.items() if t.reading is None and t.same_as is None and t not in gone}
    forms = {form_of(taken.path) for taken in gone}
    is_told = all(state.get("declared", {}).get(form) == now[form] for form in forms)
    done = stamped(before, unnoted)
    if store.exists(bronze.name) and (done != list(before) or not is_told):
        marked = stamped(done, {taken.path: _reading(taken, state, now) for taken in gone})
        store.commit(bronze, state_after(store, bronze.name, {form: now[form] for form in forms}, taken=marked))
        done = marked
    return Again(0, [] if is_told else lines(map(_gone, gone)), done, [])


def stamped(taken: Sequence[Taken], readings: Mapping[str, str], arrivals: Mapping[str, Arrival] | None = None) -> list[Taken]:
    """The files with the reading by which the newest contents of these paths were read, and their arrivals, where given."""
    done: list[Taken] = []
    left = dict(readings)
    for file in reversed(taken):
        reading = left.pop(file.path, None)
        arrived = (arrivals or {}).get(file.path) if reading is not None else None
        of_arrival: dict[str, Any] = {} if arrived is None else {"batch": arrived.batch, "file_number": arrived.file_number}
        done.append(file if reading is None else replace(file, reading=reading, **of_arrival))
    return done[::-1]


def _gone(taken: Taken) -> Remark:
    told = "read by an older reader or declaration, and not in the folder: its rows stay; deliver it under another name"
    several = (
        "were read by an older reader or declaration, and are not in the folder: their rows stay; deliver them under other names"
    )
    return Remark(file_name(taken.path), told, several)


def _beside(found: Found) -> Remark:
    told = "not read again: another file of its name, which came with it, is not in the folder"
    return Remark(
        file_name(found.path),
        told,
        "were not read again: other files of their names, which came with them, are not in the folder",
    )


def _replace(store: Store, bronze: Table, again: FileRows, where: Condition, state: State) -> int:
    """Rows of a file's earlier contents, which a correction followed, stay as they are."""
    if set(bronze.column_names) - set(store.columns(bronze.name)):
        # An append adds columns that the table does not have yet; a replacement can't.
        store.commit(bronze, state_after(store, bronze.name))
        state |= {"generation": state["generation"] + 1}
    with told_by_engine():
        return store.replace_where(bronze, store.from_parts(again.paths, again, again.schema), where, state).inserted


def _rows_of(places: Iterable[Place]) -> Condition:
    return Or(tuple(And((Equal(Column("_source_file"), name), Equal(Column("_batch_id"), batch))) for name, batch in places))


def _place(taken: Taken, arrivals: Mapping[Place, Any]) -> Place:
    """Of a file that an older version took, whose batch it did not note down, the last one that took a file of that name."""
    name = file_name(taken.path)
    if taken.batch is not None:
        return name, taken.batch
    return name, max((batch for of, batch in arrivals if of == name), default=-1)


def _arrivals(store: Store, bronze: str) -> dict[Place, Any]:
    """When the rows of each file and batch arrived."""
    query = (
        f"select _source_file, _batch_id as batch, max(_ingested_at) as at from {bronze} where _replaces is null group by 1, 2"
    )
    with Snapshot.of(store, [bronze]) as seen:
        rows = seen.rows(query).to_dict("records")
    return {(row["_source_file"], int(row["batch"])): row["at"].to_pydatetime() for row in rows}
