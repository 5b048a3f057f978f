"""Arrow batches of whole groups, each in its order.

Only a window keeps rows in order up to `mapInArrow` on both engines: the native one leaves out a sort before it as unneeded
(docs/engines.md). Each row therefore has its number within its group, by which groups are found, and a lost order is an error.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

NUMBER = "number_in_group"


def numbered(rows: DataFrame, keys: Sequence[str], order: Sequence[str]) -> DataFrame:
    """The rows with NUMBER, from 1 in each group of equal keys, by `order`; for `mapInArrow`, which receives them in that order."""
    until_now = Window.partitionBy(*keys).orderBy(*order).rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return rows.withColumn(NUMBER, F.row_number().over(until_now))


def whole_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Re-cut batches of `numbered` rows, so that no group is in two of them; few rows are copied.

    Raises RuntimeError where the rows are not in order.
    """
    kept: list[pa.RecordBatch] = []
    before = 0
    for batch in batches:
        if batch.num_rows == 0:
            continue
        _check_order(before, batch)
        before = batch[NUMBER][-1].as_py()
        first = starts(batch)
        start = int(first[-1]) if len(first) else 0
        if len(first) and (kept or start > 0):
            whole = [*kept, batch.slice(0, start)]
            yield from [pa.concat_batches(whole)] if sum(part.num_rows for part in whole) else []
            kept = []
        kept.append(batch.slice(start))
    if kept:
        yield pa.concat_batches(kept)


def starts(rows: pa.RecordBatch) -> NDArray[np.int64]:
    """The position of each group's first row."""
    return np.flatnonzero(_numbers(rows) == 1)


def _numbers(rows: pa.RecordBatch) -> NDArray[np.int32]:
    return rows[NUMBER].to_numpy()


def _check_order(before: int, batch: pa.RecordBatch) -> None:
    """Each row is the first of its group, or the next after the row before."""
    numbers = _numbers(batch)
    expected = np.concatenate([[before], numbers[:-1]]) + 1
    if not np.all((numbers == 1) | (numbers == expected)):
        raise RuntimeError("the engine did not keep the order of rows: the chains of their events can't be computed")
