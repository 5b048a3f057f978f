"""What two engines wrote, compared row for row."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# JSON may be written in several ways: "\u001B" is "\u001b".
JSON = ("_raw", "raw", "properties")


def differences(one: Path, other: Path) -> list[str]:
    """A line for each frame that is missing, has other columns or other rows; the rows that differ are named."""
    names = sorted({file.name for folder in (one, other) for file in folder.glob("*.parquet")})
    return [line for name in names for line in _different(one / name, other / name)]


def _different(one: Path, other: Path) -> Iterator[str]:
    if not (one.exists() and other.exists()):
        yield f"{one.name}: only one engine gave it"
        return
    ours, theirs = pq.read_table(one), pq.read_table(other)
    if _columns(ours) != _columns(theirs):
        yield f"{one.name}: columns {sorted(_columns(ours) ^ _columns(theirs))}"
        return
    left, right = _rows(ours), _rows(theirs.select(ours.column_names))
    for rows, engine in ((left - right, one.parent.name), (right - left, other.parent.name)):
        for row, count in list(rows.items())[:5]:
            yield f"{one.name}: only {engine} has {count} of {sum(rows.values())}: {row[:2000]}"


def _columns(rows: pa.Table) -> set[tuple[str, str]]:
    return {(field.name, _plain(field.type)) for field in rows.schema}


def _plain(kind: pa.DataType) -> str:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"list of {_plain(kind.value_type)}"
    return str(kind).removeprefix("large_").replace("string_view", "string")


def _rows(rows: pa.Table) -> Counter[str]:
    return Counter(repr({name: _value(name, value) for name, value in row.items()}) for row in rows.to_pylist())


def _value(name: str, value: Any) -> Any:
    if name in JSON and value is not None:
        return json.loads(value) if _is_json(value) else value
    return value.hex() if isinstance(value, float) else value


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
