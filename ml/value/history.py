"""What the purchase model needs of customers' histories: equal ones are counted together, which leaves its likelihood the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ml.value.maximum import Floats

Places = NDArray[np.intp]


@dataclass(frozen=True)
class Distinct:
    """A column as its distinct values, ascending, and where each row's is: what depends on it alone is computed once for each."""

    values: Floats
    places: Places

    @classmethod
    def of(cls, column: ArrayLike) -> Self:
        """The column's distinct values."""
        values, places = np.unique(np.asarray(column, dtype=float), return_inverse=True)
        return cls(values, places)

    def spread(self, of_values: Floats) -> Floats:
        """For each row what was computed for its value."""
        return of_values[self.places]


@dataclass(frozen=True)
class Histories:
    """Groups of customers with equal histories, in an order that depends on them alone.

    frequency: purchases after the first, x. recency: weeks from the first to the last, t_x. age: weeks from the first
    to the end of the observation, T. customers: how many there are of each.
    """

    frequency: Distinct
    recency: Distinct
    age: Distinct
    customers: Floats

    @classmethod
    def of(cls, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, customers: ArrayLike | None = None) -> Self:
        """Columns of equal length; `customers` is 1 for each where it is not given."""
        columns = [np.asarray(column, dtype=float) for column in (frequency, recency, age)]
        counts = np.ones(len(columns[0])) if customers is None else np.asarray(customers, dtype=float)
        return cls._grouped(*_sums_of_equal(columns, counts))

    @classmethod
    def _grouped(cls, columns: Sequence[Floats], customers: Floats) -> Self:
        frequency, recency, age = (Distinct.of(column) for column in columns)
        return cls(frequency, recency, age, customers)

    @property
    def total(self) -> float:
        """How many customers there are."""
        return float(self.customers.sum())

    @property
    def repeat_buyers(self) -> float:
        """How many of them bought again."""
        return float(self.customers @ self.frequency.spread(np.sign(self.frequency.values)))

    def by_frequency(self, of_groups: Floats) -> Floats:
        """The sums over the groups of each distinct frequency."""
        return np.bincount(self.frequency.places, of_groups, len(self.frequency.values)).astype(float)

    def every(self, step: int) -> Self:
        """Every `step`th group."""
        columns = [column.spread(column.values)[::step] for column in (self.frequency, self.recency, self.age)]
        return self._grouped(columns, self.customers[::step])


def _sums_of_equal(columns: Sequence[Floats], customers: Floats) -> tuple[list[Floats], Floats]:
    """The distinct rows in order, and the sums of their counts."""
    order = np.lexsort(columns[::-1])
    ordered = [column[order] for column in columns]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = np.any([np.diff(column) != 0 for column in ordered], axis=0)
    starts = np.flatnonzero(is_first)
    sums = np.add.reduceat(customers[order], starts) if len(starts) else np.zeros(0)
    return [column[starts] for column in ordered], sums
