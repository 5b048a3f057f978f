"""What the contracts of a source say of a sample of rows, on the native engine; no table is read or written."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

import pyarrow as pa

from lakehouse.bronze.rows import bronze_table
from lakehouse.catalogue.discovery import catalogue
from lakehouse.catalogue.entry import fed_tables
from lakehouse.contract.conform import conform
from lakehouse.contract.source import Source
from libs.engines.native import native_session
from libs.settings.config import Settings
from libs.store.arrow_rows import arrow_schema
from libs.store.native_frames import frame_of

# Nothing that is hashed is shown.
KEY = "none"


def judged(rows: pa.Table, source: Source, table: str, settings: Settings) -> Mapping[str, Mapping[str, int]]:
    """By table of silver the number of rows that would be rejected, for each reason, and `rows` for all of them.

    Rows that wait for a user, an order or a product that is not known yet are not among them.
    """
    schema = arrow_schema(bronze_table(source, table))
    given = {"_ingested_at": datetime.now(UTC), "_batch_id": 0}
    columns = [
        rows.column(f.name) if f.name in rows.column_names else pa.repeat(pa.scalar(given.get(f.name), f.type), rows.num_rows)
        for f in schema
    ]
    bronze = frame_of(native_session(settings), pa.Table.from_arrays(columns, schema=schema.remove_metadata()))
    tables = fed_tables(catalogue())
    found: dict[str, Mapping[str, int]] = {}
    for entity, feed in source.tables[table].feeds.items():
        reasons = conform(bronze, source, feed, tables[entity], KEY).where("size(_reasons) > 0").select("_reasons").collect()
        if reasons:
            found[f"silver.{entity}"] = {"rows": len(reasons), **Counter(code for row in reasons for code in row["_reasons"])}
    return found
