"""Rows as Arrow holds them, in the types and the order of a table's declaration."""

from typing import Any

import pyarrow as pa

from libs.tables import BOOLEAN, DATE, DOUBLE, INTEGER, LONG, STRING, TIMESTAMP, Table

SIMPLE = {
    STRING: pa.string(),
    LONG: pa.int64(),
    INTEGER: pa.int32(),
    DOUBLE: pa.float64(),
    BOOLEAN: pa.bool_(),
    DATE: pa.date32(),
    TIMESTAMP: pa.timestamp("us", "UTC"),
}


def arrow_type(name: str) -> pa.DataType:
    """The Arrow type of a column's type (`libs.tables.types`)."""
    if name in SIMPLE:
        return SIMPLE[name]
    if name.startswith("array<"):
        return pa.list_(pa.field("element", arrow_type(name.removeprefix("array<").removesuffix(">"))))
    if name.startswith("decimal("):
        precision, scale = name.removeprefix("decimal(").removesuffix(")").split(",")
        return pa.decimal128(int(precision), int(scale))
    raise ValueError(f"{name}: unknown type of a column")


def arrow_schema(table: Table) -> pa.Schema:
    """The table's columns with their comments, which delta-rs writes into the table."""
    return pa.schema([pa.field(c.name, arrow_type(c.type), metadata={"comment": c.comment}) for c in table.columns])


def as_declared(table: Table, rows: pa.Table) -> pa.Table:
    """The rows, whose names and types are checked, with the declared columns in their order and with their comments."""
    schema = arrow_schema(table)
    return rows.select(schema.names).cast(schema)


def plain(batches: Any) -> pa.Table:
    """The batches as a table of the types that engines exchange: texts as views or of 64-bit size become plain ones."""
    rows = pa.table(batches)
    return rows.cast(pa.schema([pa.field(f.name, _plain_type(f.type)) for f in rows.schema]))


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if kind in (pa.string_view(), pa.large_string()):
        return pa.string()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or isinstance(kind, pa.ListViewType):
        return pa.list_(_plain_type(kind.value_type))
    return pa.int64() if kind == pa.uint64() else kind
