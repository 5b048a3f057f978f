"""Arrow batches of sorted rows, re-cut so that no group is split."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def whole_groups(batches: Iterable[pa.RecordBatch], keys: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Re-cut batches of rows sorted by `keys`, so that no group of equal keys is in two of them; few rows are copied."""
    kept: list[pa.RecordBatch] = []
    for batch in batches:
        if batch.num_rows == 0:
            continue
        start = int(starts(batch, keys)[-1])
        if kept and (start > 0 or _is_of_another(kept[-1], batch, keys)):
            yield pa.concat_batches([*kept, batch.slice(0, start)])
            kept = []
        elif start > 0:
            yield batch.slice(0, start)
        kept.append(batch.slice(start))
    if kept:
        yield pa.concat_batches(kept)


def starts(rows: pa.RecordBatch, keys: Sequence[str]) -> NDArray[np.int64]:
    """The position of each group's first row."""
    changes = [pc.not_equal(rows[key].slice(1), rows[key].slice(0, max(rows.num_rows - 1, 0))) for key in keys]
    is_new = np.logical_or.reduce([change.to_numpy(zero_copy_only=False) for change in changes])
    return np.concatenate([np.arange(min(rows.num_rows, 1)), np.flatnonzero(is_new) + 1])


def _is_of_another(before: pa.RecordBatch, batch: pa.RecordBatch, keys: Sequence[str]) -> bool:
    return any(before[key][before.num_rows - 1] != batch[key][0] for key in keys)
