"""Revisions of what reads files, and files that are read again when theirs was raised.

Raise a form's number when rows that it read before were silently wrong. The next run that finds such files in its folder reads
them again, in place of the rows that were read before and as of their arrival; what depends on these rows is recomputed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lakehouse.bronze.endings import Form, file_name, form_of
from lakehouse.bronze.files import Found
from lakehouse.bronze.rows import Arrival, FileRows, told_by_engine
from lakehouse.bronze.taken import Taken
from libs.store.conditions import And, Column, Equal, Or
from libs.store.port import Store
from libs.store.snapshot import Snapshot
from libs.tables import Table

READERS: Mapping[Form, int] = {"CSV": 2, "JSON lines": 1, "Parquet": 2}
BEGINNING = 1
State = dict[str, Any]


def state_after(
    store: Store,
    bronze: str,
    forms: Iterable[Form] = (),
    is_new_generation: bool = False,
    taken: Sequence[Taken] | None = None,
    batch: int | None = None,
) -> State:
    """The state of a commit to a bronze table that adds rows of files of these forms.

    readers: the revision by which each form was read; generation: the version at which rows were last replaced; files: all
    that were taken; batch: the number of the last batch. Where `taken` and `batch` are not given, they stay as they were.
    """
    before = state_before(store, bronze)
    generation = store.version(bronze) + 1 if is_new_generation else before.get("generation", 0)
    readers = {**before["readers"], **{form: READERS[form] for form in forms}}
    given = {"files": None if taken is None else [file.packed() for file in taken], "batch": batch}
    kept = {name: before[name] for name in given if name in before}
    known = kept | {name: value for name, value in given.items() if value is not None}
    return {"consumed": {}, "as_of": None, "code": "files", "generation": generation, "readers": readers, **known}


def state_before(store: Store, bronze: str) -> State:
    """The state of the newest commit. Tables of older versions do not say who read their files: it was the first reader."""
    if not store.exists(bronze):
        return {"readers": {}}
    return {"readers": dict.fromkeys(READERS, BEGINNING)} | dict(store.last_commit(bronze).state or {})


def read_again(store: Store, rows: FileRows, bronze: Table, state: State, known: Sequence[Found]) -> tuple[int, Sequence[str]]:
    """Read the files again whose reader's revision was raised since; returns the number of rows, and remarks.

    state: that of the table's newest commit. known: the files in the folder that were taken before and have the same contents.
    """
    raised = [form for form, revision in state["readers"].items() if READERS[form] > revision]
    if not raised:
        return 0, ()
    arrivals = {name: arrival for name, arrival in _arrivals(store, bronze.name).items() if form_of(name) in raised}
    there = [found for found in known if file_name(found.path) in arrivals]
    missing = sorted(arrivals.keys() - {file_name(found.path) for found in there})
    notes = [
        f"{name}: read by an older reader, and not in the folder: its rows stay; deliver it under another name"
        for name in missing
    ]
    if not there:
        return 0, notes
    again = rows.of((found, arrivals[file_name(found.path)]) for found in there)
    again.check()
    after = state_after(store, bronze.name, raised, is_new_generation=True)
    inserted = _replace(store, bronze, again, [(name, arrivals[name]) for name in map(file_name, again.paths)], after)
    return inserted, [f"files read again by a newer reader: {len(there)}", *notes]


def _replace(store: Store, bronze: Table, again: FileRows, of: Sequence[tuple[str, Arrival]], state: State) -> int:
    """Rows of a file's earlier contents, which a correction followed, stay as they are."""
    if set(bronze.column_names) - set(store.columns(bronze.name)):
        # An append adds columns that the table does not have yet; a replacement can't.
        store.commit(bronze, state_after(store, bronze.name))
        state |= {"generation": state["generation"] + 1}
    where = Or(tuple(And((Equal(Column("_source_file"), name), Equal(Column("_batch_id"), a.batch))) for name, a in of))
    with told_by_engine():
        return store.replace_where(bronze, store.from_parts(again.paths, again, again.schema), where, state).inserted


def _arrivals(store: Store, bronze: str) -> dict[str, Arrival]:
    """When each file was last taken, by which batch, and in which place; older versions did not number files."""
    place = "max(_file_number)" if "_file_number" in store.columns(bronze) else "null"
    last = f"max(_ingested_at) as at, max(_batch_id) as batch, coalesce({place}, 0) as place"
    query = f"select _source_file, {last} from {bronze} where _replaces is null group by 1"
    with Snapshot.of(store, [bronze]) as seen:
        rows = seen.rows(query).to_dict("records")
    return {row["_source_file"]: Arrival(row["at"].to_pydatetime(), int(row["batch"]), int(row["place"]) or None) for row in rows}
