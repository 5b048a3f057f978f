"""What the readers of all forms of files make: blocks of rows, each column as text under the name that the file gives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Block:
    """Some rows of a file in their order, as many as are read at once.

    columns: text by the file's own names, an empty value null. extra: a JSON object of the columns that no declaration
    names, where the reader knows better than `columns` which of them a row has. malformed: the text of a row whose columns
    can't be trusted, null for the others.
    """

    rows: int
    columns: Mapping[str, pa.Array]
    malformed: pa.Array
    extra: pa.Array | None = None


def nulls(rows: int) -> pa.Array:
    """As many nulls of type text."""
    return pa.nulls(rows, pa.string())


def joined(columns: Sequence[pa.Array], delimiter: str) -> pa.Array:
    """The texts of each row with a delimiter of one character between them, nulls left out; empty where all are null."""
    # Arrow 25 drops a row whose texts are all null: an empty one begins each row.
    beginning = pa.repeat("", len(columns[0]))
    together = pc.binary_join_element_wise(beginning, *columns, pa.scalar(delimiter), null_handling="skip")
    return pc.utf8_slice_codeunits(together, 1)
