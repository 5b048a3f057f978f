"""Counts of entrants: one row for each funnel, day of entry, breakdown, its value, and step.

A second exchange brings the entrants of a funnel's day together; there they are counted as whole columns. In SQL, each
entrant would first become a row for each breakdown and step, and the median would sort them all.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from lakehouse.funnels.batches import numbered, whole_groups
from lakehouse.funnels.declaration import Funnel, Funnels
from lakehouse.funnels.entrants import by

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
SECOND = 1_000_000
UNKNOWN = "unknown"
GROUP = ("funnel", "day")
COUNTED = pa.schema(
    [
        ("funnel", pa.int32()),
        ("day", pa.int32()),
        ("breakdown", pa.string()),
        ("breakdown_value", pa.string()),
        ("position", pa.int32()),
        ("entrants", pa.int64()),
        ("converted", pa.int64()),
        ("converted_before", pa.int64()),
        ("median_seconds", pa.float64()),
        ("average_seconds", pa.float64()),
    ]
)
_IN_SQL = """funnel int, day int, breakdown string, breakdown_value string, position int, entrants bigint, converted bigint,
    converted_before bigint, median_seconds double, average_seconds double"""


def counts(entrants: DataFrame, funnels: Funnels) -> DataFrame:
    """Count `entrants` (as `lakehouse.funnels.entrants` returns them).

    Columns: funnel (its number), day (since 1970), breakdown and breakdown_value ('all' over all actors, 'unknown' for none),
    position (of the step, from 0), entrants, converted, converted_before (those that reached the last required step
    before it; at the entry all entrants), median_seconds and average_seconds (from entry to the step, null where nobody
    converted).
    """
    together = numbered(entrants.drop("actor_kind", "actor", "entered_at"), GROUP, GROUP)
    return together.mapInArrow(_counting(funnels), _IN_SQL)


def _counting(funnels: Funnels) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function applied to each partition."""

    def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for rows in whole_groups(batches):
            of = rows["funnel"].to_numpy()
            bounds = [0, *(np.flatnonzero(np.diff(of)) + 1).tolist(), len(of)]
            for start, stop in pairwise(bounds):
                yield from _of_funnel(int(of[start]), funnels.funnels[of[start]], rows.slice(start, stop - start))

    return count


def _of_funnel(number: int, funnel: Funnel, rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    elapsed = _elapsed(rows, len(funnel.steps))
    for breakdown in ("all", *funnel.breakdowns):
        groups = _groups(rows, breakdown)
        steps = [_Step.of(groups, column) for column in elapsed]
        for position, step in enumerate(steps):
            yield _rows(number, breakdown, groups, position, step, _before(funnel, groups, steps, position))


def _elapsed(rows: pa.RecordBatch, steps: int) -> list[pa.Array]:
    """For each step the microseconds that each entrant took, null where it was not reached."""
    flat = rows["elapsed"].flatten()
    return [flat.take(pa.array(np.arange(rows.num_rows) * steps + step)) for step in range(steps)]


@dataclass(frozen=True)
class _Groups:
    """Entrants by day and value of one breakdown: which group (from 0) each is of; of each group its day, value and size."""

    of: Ints
    days: Ints
    values: pa.Array
    sizes: Ints


def _groups(rows: pa.RecordBatch, breakdown: str) -> _Groups:
    days = rows["day"].to_numpy().astype(np.int64)
    if breakdown == "all":
        labels, codes = pa.array(["all"]), np.zeros(rows.num_rows, dtype=np.int64)
    else:
        encoded = pc.fill_null(rows[by(breakdown)], UNKNOWN).dictionary_encode()
        labels, codes = encoded.dictionary, encoded.indices.to_numpy().astype(np.int64)
    keys, of, sizes = np.unique(days * len(labels) + codes, return_inverse=True, return_counts=True)
    return _Groups(of, keys // len(labels), labels.take(pa.array(keys % len(labels))), sizes)


@dataclass(frozen=True)
class _Step:
    """Of each group: how many reached the step, and the median and average seconds that they took (NaN for none)."""

    converted: Ints
    median: Floats
    average: Floats

    @classmethod
    def of(cls, groups: _Groups, elapsed: pa.Array) -> "_Step":
        reached = elapsed.is_valid().to_numpy(zero_copy_only=False)
        of, micros = groups.of[reached], elapsed.drop_null().to_numpy()
        micros = micros[np.lexsort((micros, of))]
        converted = np.bincount(of, minlength=len(groups.sizes))
        first = np.cumsum(converted) - converted
        return cls(converted, _median(micros, first, converted), _average(micros, first, converted))


def _median(micros: Ints, first: Ints, converted: Ints) -> Floats:
    """Of each group's sorted values, which begin at `first`; between the two in the middle where their number is even."""
    middle = np.full(len(first), np.nan)
    some = converted > 0
    low = micros[first[some] + (converted[some] - 1) // 2]
    middle[some] = (low + (micros[first[some] + converted[some] // 2] - low) * 0.5) / SECOND
    return middle


def _average(micros: Ints, first: Ints, converted: Ints) -> Floats:
    """Whole seconds and the rest are added separately: exact whatever the order, and no sum overflows 64 bits."""
    mean = np.full(len(first), np.nan)
    some = converted > 0
    if some.any():
        seconds, rest = (np.add.reduceat(part, first[some]) for part in np.divmod(micros, SECOND))
        mean[some] = (seconds.astype(np.float64) * SECOND + rest) / converted[some] / SECOND
    return mean


def _before(funnel: Funnel, groups: _Groups, steps: Sequence[_Step], position: int) -> Ints:
    required = [n for n in range(position) if not funnel.steps[n].optional]
    return steps[required[-1]].converted if required else groups.sizes


def _rows(number: int, breakdown: str, groups: _Groups, position: int, step: _Step, before: Ints) -> pa.RecordBatch:
    size = len(groups.sizes)
    columns = [
        np.full(size, number, dtype=np.int32),
        groups.days.astype(np.int32),
        pa.array([breakdown] * size, pa.string()),
        groups.values.cast(pa.string()),
        np.full(size, position, dtype=np.int32),
        groups.sizes,
        step.converted,
        before,
        pa.array(step.median, mask=np.isnan(step.median)),
        pa.array(step.average, mask=np.isnan(step.average)),
    ]
    return pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=COUNTED)
