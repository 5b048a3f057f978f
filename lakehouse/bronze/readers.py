"""Revisions of what reads files, and files that are read again when theirs was raised.

Raise a form's number when rows that it read before were silently wrong. The next run that finds such files in its folder reads
them again, in place of the rows that were read before and as of their first arrival; what depends on these rows is recomputed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from lakehouse.bronze.files import stream_path
from lakehouse.bronze.reading import Form, file_name, form_of, read_files
from lakehouse.contract.source import Source
from libs.store.conditions import Column, Equal, Or
from libs.store.port import Store
from libs.store.snapshot import Snapshot
from libs.tables import Table

READERS: Mapping[Form, int] = {"CSV": 1, "JSON lines": 1, "Parquet": 1}
BEGINNING = 1
State = dict[str, Any]


def state_after(store: Store, bronze: str, forms: Iterable[Form] = (), is_new_generation: bool = False) -> State:
    """The state of a commit to a bronze table that adds rows of files of these forms.

    readers: the revision by which each form was read; generation: the version at which rows were last replaced.
    """
    before = _state(store, bronze)
    generation = store.version(bronze) + 1 if is_new_generation else before.get("generation", 0)
    readers = {**before["readers"], **{form: READERS[form] for form in forms}}
    return {"consumed": {}, "as_of": None, "code": "files", "generation": generation, "readers": readers}


def read_again(
    spark: SparkSession, store: Store, source: Source, table: str, bronze: Table, data: str
) -> tuple[int, Sequence[str]]:
    """Read the files in `data` again whose reader's revision was raised since; returns the number of rows, and remarks."""
    raised = [form for form, revision in _state(store, bronze.name)["readers"].items() if READERS[form] > revision]
    if not raised:
        return 0, ()
    taken = _taken(store, bronze.name)
    stale = {name for name in taken if form_of(name) in raised}
    paths = [path for path in _paths(spark, data, source, table) if file_name(path) in stale]
    missing = sorted(stale - {file_name(path) for path in paths})
    notes = [
        f"{name}: read by an older reader, and not in the folder: its rows stay; deliver it under another name"
        for name in missing
    ]
    if not paths:
        return 0, notes
    rows = _as_of_their_arrival(spark, read_files(spark, paths, table, source.tables[table]), taken, bronze)
    where = Or(tuple(Equal(Column("_source_file"), file_name(path)) for path in paths))
    state = state_after(store, bronze.name, raised, is_new_generation=True)
    return store.replace_where(bronze, rows, where, state).inserted, [f"files read again by a newer reader: {len(paths)}", *notes]


def _state(store: Store, bronze: str) -> State:
    """The state of the newest commit. Tables of older versions do not say who read their files: it was the first reader."""
    if not store.exists(bronze):
        return {"readers": {}}
    return {"readers": dict.fromkeys(READERS, BEGINNING)} | dict(store.last_commit(bronze).state or {})


def _taken(store: Store, bronze: str) -> dict[str, tuple[Any, int]]:
    """When each file was ingested, and by which batch."""
    query = (
        f"select _source_file, min(_ingested_at) as at, min(_batch_id) as batch from {bronze} where _replaces is null group by 1"
    )
    with Snapshot.of(store, [bronze]) as seen:
        return {row["_source_file"]: (row["at"], int(row["batch"])) for row in seen.rows(query).to_dict("records")}


def _paths(spark: SparkSession, data: str, source: Source, table: str) -> list[str]:
    try:
        found = spark.read.format("binaryFile").load(stream_path(data, source.patterns(table))).select("path").collect()
    except AnalysisException:
        return []
    return sorted(row.path for row in found)


def _as_of_their_arrival(spark: SparkSession, rows: DataFrame, taken: Mapping[str, tuple[Any, int]], bronze: Table) -> DataFrame:
    arrivals = [(name, at.to_pydatetime(), batch) for name, (at, batch) in taken.items()]
    known = spark.createDataFrame(arrivals, "_source_file string, _ingested_at timestamp, _batch_id bigint")
    return (
        rows.join(known, on="_source_file", how="inner")
        .selectExpr("*", "cast(null as bigint) as _replaces")
        .select(bronze.column_names)
    )
