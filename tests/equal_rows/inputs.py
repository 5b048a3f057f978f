"""The inputs of one seed as files, which both engines read: rows of the source tables, the moment, and the funnels."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql.pandas.types import to_arrow_schema

from lakehouse.catalogue.discovery import catalogue
from lakehouse.funnels.declaration import Funnels
from libs.tables import Table
from tests.equal_rows.awkward import SMALLEST, awkward_silver, moment
from tests.equal_rows.funnels import random_funnels
from tests.equal_rows.sources import random_table
from tests.lakehouse.random_rows import Row

DERIVED = {name: entry for name, entry in catalogue().items() if entry.transform is not None}


def write_inputs(folder: Path, seed: int) -> None:
    """Write `<table>.parquet` for each table that a transform reads, and `declared.json`; of seed 0 no table has rows."""
    folder.mkdir(parents=True)
    silver = awkward_silver(seed)
    as_of = moment(silver, seed)
    read = {source for entry in DERIVED.values() for source in entry.table.sources}
    for name in sorted(read):
        table = catalogue()[name].table
        rows = [] if seed == 0 else silver[name] if name in silver else random_table(table, seed)
        pq.write_table(arrow(table, _before(table, rows, as_of)), folder / f"{name}.parquet")
    declared = {"as_of": as_of.isoformat(), "seed": seed}
    (folder / "declared.json").write_text(json.dumps(declared))


def read_declared(folder: Path) -> tuple[datetime, Funnels]:
    """The moment that figures are as of, and the funnels."""
    declared = json.loads((folder / "declared.json").read_text())
    return datetime.fromisoformat(declared["as_of"]), random_funnels(declared["seed"])


def arrow(table: Table, rows: Sequence[Row]) -> pa.Table:
    """The rows as the table declares them, amounts cut to its digits; a column that a row does not name is null."""
    schema = to_arrow_schema(table.schema, timezone="UTC")
    return pa.Table.from_pylist([{name: _cut(row.get(name)) for name in table.column_names} for row in rows], schema=schema)


def _cut(value: object) -> object:
    return value.quantize(SMALLEST, ROUND_DOWN) if isinstance(value, Decimal) else value


def _before(table: Table, rows: Sequence[Mapping[str, object]], as_of: datetime) -> Sequence[Row]:
    """A run reads a table's rows before its moment only."""
    if table.event_time is None:
        return rows
    times = [(row, row[table.event_time]) for row in rows]
    return [row for row, at in times if isinstance(at, datetime) and at < as_of]
