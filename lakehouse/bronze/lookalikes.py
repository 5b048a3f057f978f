"""Columns that no declaration names, and that look like one that it does: `Amount` is not `amount`, whose field stays empty."""

import re
from collections.abc import Iterable, Mapping

from lakehouse.contract.source import SourceTable
from libs.counted import counted
from libs.store.snapshot import Snapshot
from libs.tables import Table

LINE = "{} with a column {}, which is not the declared {} and was not taken: {}"


def like_declared(columns: Iterable[str], table: SourceTable) -> dict[str, str]:
    """Those of a file's further columns that differ from a field's header in capitals and signs alone, each with the field."""
    headers = {_bare(header): field for field, header in table.all_fields.items()}
    return {name: headers[_bare(name)] for name in columns if _bare(name) in headers and name not in table.all_fields.values()}


def fix(column: str, field: str, table: SourceTable) -> str:
    """What to do so that the column is the field's."""
    place = "fields" if field in table.fields else "optional_fields"
    return f"name it in the table's `{place}`, as `- {{{field}: {column}}}`, or rename it in the file"


def remarks(seen: Snapshot, bronze: Table, table: SourceTable) -> list[str]:
    """A line for each such column in rows of bronze whose field has no value there."""
    asked = f"select distinct unnest(json_keys(_extra)) as name from {bronze.name} where _extra is not null"
    found = like_declared(sorted(row["name"] for row in seen.answer(asked)), table)
    counts = _counts(seen, bronze, found)
    return [
        LINE.format(counted(count, "row"), name, found[name], fix(name, found[name], table))
        for name, count in counts.items()
        if count
    ]


def _counts(seen: Snapshot, bronze: Table, found: Mapping[str, str]) -> dict[str, int]:
    if not found:
        return {}
    of_each = [
        f"""count_if({value_in_extra(name)} is not null and "{field}" is null) as c{n}"""
        for n, (name, field) in enumerate(found.items())
    ]
    (row,) = seen.answer(f"select {', '.join(of_each)} from {bronze.name} where _extra is not null")
    return {name: int(row[f"c{n}"]) for n, name in enumerate(found)}


def value_in_extra(name: str) -> str:
    """SQL: the value of a column that no declaration names, by a pointer into the object (RFC 6901)."""
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    return f"""json_extract_string(_extra, '{pointer.replace("'", "''")}')"""


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
