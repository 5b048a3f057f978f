"""Cutting a partition's rows into whole groups."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.funnels.batches import whole_groups

actors = st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.sampled_from("abcd")), max_size=30).map(sorted)


@settings(deadline=None)
@given(actors=actors, sizes=st.lists(st.integers(0, 6), max_size=40))
def test_no_group_is_in_two_batches_and_no_row_is_lost_or_moved(actors: list[tuple[int, str]], sizes: list[int]) -> None:
    cut = list(whole_groups(_batches(actors, sizes), ["actor_kind", "actor"]))
    rows = [list(zip(batch["actor_kind"].to_pylist(), batch["actor"].to_pylist(), strict=True)) for batch in cut]
    numbers = [number for batch in cut for number in batch["number"].to_pylist()]
    assert numbers == list(range(len(actors)))
    assert [row for batch in rows for row in batch] == actors
    assert sum(len(set(batch)) for batch in rows) == len(set(actors))
    assert all(rows)


def _batches(actors: list[tuple[int, str]], sizes: list[int]) -> list[pa.RecordBatch]:
    schema = pa.schema([("actor_kind", pa.int32()), ("actor", pa.string()), ("number", pa.int64())])
    rows = [(kind, actor, number) for number, (kind, actor) in enumerate(actors)]
    batches = []
    for size in [*sizes, len(rows)]:
        taken, rows = rows[:size], rows[size:]
        columns = [pa.array([row[n] for row in taken], field.type) for n, field in enumerate(schema)]
        batches.append(pa.RecordBatch.from_arrays(columns, schema=schema))
    return batches
