"""A merge reads the files that hold the rows it changes, and no others; it finds each of them. Rows lie as files are skipped."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.store.arrow_rows import arrow_schema
from libs.store.arrow_writes import ArrowWrites
from libs.store.conditions import any_differs
from libs.store.published import Published
from libs.store.staged import Written
from libs.tables import DATE, LONG, STRING, TIMESTAMP, Column, Full, Slices, Table

FACTS = Table(
    name="silver.facts",
    comment="What happened",
    columns=[
        Column("id", LONG, "the fact"),
        Column("happened_at", TIMESTAMP, "when"),
        Column("word", STRING, "what"),
    ],
    primary_key=["id"],
    refresh=Full(),
    event_time="happened_at",
)
NAME = FACTS.name
# Days after FIRST and word, by id.
Facts = dict[int, tuple[int | None, str]]
DIFFERS = any_differs(["word", "happened_at"])
DAYS = [Column("day", DATE, "UTC day"), Column("users", LONG, "how many")]
# Statistics of the log end a millisecond before it.
FIRST = datetime(2026, 1, 1, 23, 59, 59, 999_999, UTC)


@pytest.fixture
def writes(tmp_path: Path) -> ArrowWrites:
    """A file for each of five days, with one fact that is a day later than the one before; fact 9 has no time."""
    made = ArrowWrites(Published(str(tmp_path)))
    for number in range(5):
        made.append(FACTS, facts({number: (number, "first")}), {})
    made.append(FACTS, facts({9: (None, "first")}), {})
    return made


def facts(rows: Facts, deleted: tuple[int, ...] | None = None) -> pa.Table:
    """Facts of (days after FIRST, word) by their ids."""
    listed = [
        {"id": i, "happened_at": None if days is None else FIRST + timedelta(days=days), "word": word}
        for i, (days, word) in rows.items()
    ]
    found = pa.Table.from_pylist(listed, schema=arrow_schema(FACTS))
    if deleted is None:
        return found
    return found.append_column(pa.field("_deleted", pa.bool_()), pa.array([i in deleted for i in rows], pa.bool_()))


def held(writes: ArrowWrites) -> Facts:
    rows = writes.published.arrow(NAME).to_table().to_pylist()
    assert len({row["id"] for row in rows}) == len(rows), "a key is there twice"
    return {r["id"]: ((r["happened_at"] - FIRST).days if r["happened_at"] else None, r["word"]) for r in rows}


def skipped(writes: ArrowWrites) -> int:
    return int(writes.published.table(NAME).history(1)[0]["operationMetrics"]["num_target_files_skipped_during_scan"])


def test_files_of_other_times_are_skipped(writes: ArrowWrites) -> None:
    before = held(writes)
    done = writes.merge(FACTS, facts({3: (3, "second"), 7: (0, "new")}), DIFFERS, {})
    assert (done.inserted, done.updated, skipped(writes)) == (1, 1, 5)
    assert held(writes) == before | {3: (3, "second"), 7: (0, "new")}


def test_a_row_is_found_at_the_time_that_it_had(writes: ArrowWrites) -> None:
    before = held(writes)
    assert writes.merge(FACTS, facts({1: (4, "moved")}), DIFFERS, {}) == Written(6, updated=1)
    assert held(writes) == before | {1: (4, "moved")}
    assert skipped(writes) == 5


def test_a_row_without_a_time_is_found(writes: ArrowWrites) -> None:
    before = held(writes)
    assert writes.merge(FACTS, facts({9: (None, "second"), 0: (0, "second")}), DIFFERS, {}).updated == 2
    assert held(writes) == before | {9: (None, "second"), 0: (0, "second")}


@pytest.mark.parametrize(
    "at", [datetime.min.replace(tzinfo=UTC), datetime(1969, 12, 31, 23, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_a_row_of_any_time_is_found(writes: ArrowWrites, at: datetime) -> None:
    for word in ("first", "second"):
        row = pa.Table.from_pylist([{"id": 8, "happened_at": at, "word": word}], schema=arrow_schema(FACTS))
        writes.merge(FACTS, row, DIFFERS, {})
    found = writes.published.arrow(NAME).to_table().to_pylist()
    assert [(row["happened_at"], row["word"]) for row in found if row["id"] == 8] == [(at, "second")]


def test_deleted_rows_are_found(writes: ArrowWrites) -> None:
    before = held(writes)
    assert writes.merge(FACTS, facts({2: (0, ""), 4: (4, "second")}, deleted=(2,)), DIFFERS, {}) == Written(
        6, updated=1, deleted=1
    )
    assert held(writes) == {i: row for i, row in (before | {4: (4, "second")}).items() if i != 2}


CHANGE = st.tuples(st.integers(0, 6), st.none() | st.integers(-1, 4), st.sampled_from(["a", "b", "deleted"]))


@settings(max_examples=15)
@given(st.lists(st.lists(CHANGE, min_size=1, max_size=5, unique_by=lambda change: change[0]), min_size=1, max_size=6))
def test_merges_leave_what_a_dictionary_holds(changes: list[list[tuple[int, int | None, str]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        writes = ArrowWrites(Published(folder))
        expected: Facts = {0: (0, "a"), 3: (3, "a")}
        writes.overwrite(FACTS, facts(expected), {})
        for given_rows in changes:
            gone = tuple(i for i, _, word in given_rows if word == "deleted")
            writes.merge(FACTS, facts({i: (days, word) for i, days, word in given_rows}, deleted=gone), DIFFERS, {})
            expected |= {i: (days, word) for i, days, word in given_rows}
            expected = {i: row for i, row in expected.items() if i not in gone}
            assert held(writes) == expected


def test_rows_lie_in_the_order_of_their_times_or_of_the_days_by_which_they_are_replaced(writes: ArrowWrites) -> None:
    days = Table("gold.days", "Days", columns=DAYS, primary_key=["day"], refresh=Slices(by="day"))
    for table, column in ((FACTS, "happened_at"), (days, "day")):
        rows = pa.Table.from_pylist([{column: FIRST + timedelta(days=n * 7 % 5)} for n in range(5)], schema=arrow_schema(table))
        writes.overwrite(table, rows, {})
        found = writes.published.arrow(table.name).to_table()[column].to_pylist()
        assert found == sorted(found) and found != rows[column].to_pylist()


def test_a_table_that_does_not_say_when_its_facts_happened_is_read_whole(writes: ArrowWrites) -> None:
    timeless = Table(NAME, NAME, columns=FACTS.columns, primary_key=["id"], refresh=Full())
    assert writes.merge(timeless, facts({2: (2, "second")}), DIFFERS, {}) == Written(6, updated=1)
    assert held(writes)[2] == (2, "second")
