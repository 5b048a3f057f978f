"""Files of a table of notes, read without an engine."""

import io
from typing import Any

from lakehouse.bronze.reading import check_beginning
from lakehouse.bronze.reading import read as read_file
from lakehouse.contract.source import SourceTable

NOTES = SourceTable.model_validate({"fields": ["id", "text"], "optional_fields": [{"by": "Written By"}]})
Row = tuple[str | None, ...]


def rows_of(name: str, content: bytes, table: SourceTable = NOTES) -> list[dict[str, Any]]:
    """The rows of a file, once its beginning was checked."""
    check_beginning(io.BytesIO(content), name, "notes", table)
    batches = list(read_file(io.BytesIO(content), name, "notes", table))
    return [row for batch in batches for row in batch.to_pylist()]


def read(name: str, content: bytes, table: SourceTable = NOTES) -> list[Row]:
    """Rows (id, text, by, _extra, _malformed) in their order."""
    rows = rows_of(name, content, table)
    assert {row["_source_file"] for row in rows} <= {name}
    return [(row["id"], row["text"], row["by"], row["_extra"], row["_malformed"]) for row in rows]
