"""How rows of `gold.churn_features` become numbers: learned from what is trained on, kept with the model, used wherever it scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import Column
from pyspark.sql import functions as F

from libs.errors import InputError

Matrix = NDArray[np.float32]
# Of a text's values, how many at most get a column of their own, and how many rows such a value has at least.
MOST_VALUES, LEAST_ROWS = 20, 20


@dataclass(frozen=True)
class Encoding:
    """The columns of the matrix: numbers, then for each text one 0 or 1 a value. A value that was not seen is in none of them."""

    numbers: Sequence[str]
    values: Mapping[str, Sequence[str]]

    @classmethod
    def learned(cls, rows: pa.Table, numbers: Sequence[str], texts: Sequence[str]) -> "Encoding":
        """For the rows. A number that no row has is left out: a model can't learn from it."""
        present = [name for name in numbers if rows[name].null_count < rows.num_rows]
        return cls(present, {name: _frequent(rows[name]) for name in texts})

    @property
    def names(self) -> list[str]:
        """Names of the matrix's columns."""
        return [*self.numbers, *(f"{text}={value}" for text, values in self.values.items() for value in values)]

    @property
    def reads(self) -> list[str]:
        """Columns of `gold.churn_features` that are read."""
        return [*self.numbers, *self.values]

    def matrix(self, rows: pa.Table) -> Matrix:
        """The rows as numbers, NaN where there is none. Raises InputError where a column is missing."""
        missing = [name for name in self.reads if name not in rows.column_names]
        if missing:
            raise InputError(f"the model reads {', '.join(missing)}, which gold.churn_features does not have: train it again")
        columns = [_as_numbers(rows[name]) for name in self.numbers]
        columns += [_is_value(rows[text], value) for text, values in self.values.items() for value in values]
        return np.column_stack(columns) if columns else np.empty((rows.num_rows, 0), np.float32)

    def of_frame(self) -> Column:
        """The same values of a row of a frame, an array of floats."""
        numbers = [F.coalesce(F.col(name).cast("double"), F.lit(float("nan"))) for name in self.numbers]
        values = [
            F.coalesce((F.col(text) == value).cast("double"), F.lit(0.0))
            for text, found in self.values.items()
            for value in found
        ]
        return F.array(*[value.cast("float") for value in (*numbers, *values)])

    def packed(self) -> dict[str, Any]:
        """As JSON values."""
        return {"numbers": list(self.numbers), "values": {name: list(values) for name, values in self.values.items()}}

    @classmethod
    def unpacked(cls, values: Mapping[str, Any]) -> "Encoding":
        """What `packed` returned."""
        return cls(values["numbers"], values["values"])


def _frequent(values: pa.ChunkedArray) -> list[str]:
    counted = pc.value_counts(values.drop_null()).to_pylist()
    often = sorted((-c["counts"], c["values"]) for c in counted if c["counts"] >= LEAST_ROWS)
    return sorted(value for _, value in often[:MOST_VALUES])


def _as_numbers(values: pa.ChunkedArray) -> Matrix:
    return values.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float32) if len(values) else np.empty(0, np.float32)


def _is_value(values: pa.ChunkedArray, value: str) -> Matrix:
    return pc.fill_null(pc.equal(values, value), False).to_numpy(zero_copy_only=False).astype(np.float32)
