"""Cutting a partition's rows into whole groups."""

from itertools import groupby

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lakehouse.funnels.batches import NUMBER, starts, whole_groups

groups = st.lists(st.integers(1, 4), max_size=12).map(lambda sizes: [(g, n) for g, size in enumerate(sizes) for n in range(size)])
cuts = st.lists(st.integers(0, 6), max_size=40)


@settings(deadline=None)
@given(rows=groups, sizes=cuts)
def test_no_group_is_in_two_batches_and_no_row_is_lost_or_moved(rows: list[tuple[int, int]], sizes: list[int]) -> None:
    cut = [batch["group"].to_pylist() for batch in whole_groups(_batches(rows, sizes))]
    assert [group for batch in cut for group in batch] == [group for group, _ in rows]
    assert sum(len(set(batch)) for batch in cut) == len({group for group, _ in rows})
    assert all(cut)


@settings(deadline=None)
@given(rows=groups, sizes=cuts)
def test_a_group_starts_at_its_first_row(rows: list[tuple[int, int]], sizes: list[int]) -> None:
    for batch in whole_groups(_batches(rows, sizes)):
        lengths = [len(list(own)) for _, own in groupby(batch["group"].to_pylist())]
        assert starts(batch).tolist() == [sum(lengths[:n]) for n in range(len(lengths))]


@settings(deadline=None)
@given(rows=groups, sizes=cuts, data=st.data())
def test_rows_out_of_order_are_refused(rows: list[tuple[int, int]], sizes: list[int], data: st.DataObject) -> None:
    moved = data.draw(st.permutations(rows))
    assume(any(after[1] not in (0, before[1] + 1) for before, after in zip([(0, -1), *moved], moved, strict=False)))
    with pytest.raises(RuntimeError, match="order"):
        list(whole_groups(_batches(moved, sizes)))


def _batches(rows: list[tuple[int, int]], sizes: list[int]) -> list[pa.RecordBatch]:
    schema = pa.schema([("group", pa.int64()), (NUMBER, pa.int32())])
    batches = []
    for size in [*sizes, len(rows)]:
        taken, rows = rows[:size], rows[size:]
        columns = [pa.array([group for group, _ in taken], pa.int64()), pa.array([n + 1 for _, n in taken], pa.int32())]
        batches.append(pa.RecordBatch.from_arrays(columns, schema=schema))
    return batches
