"""The columns that every silver row carries besides its own: its source, and which arrival it came from.

Arrivals are ordered by `_ingested_at`, then `_source_file`, then `_row_hash`: the latest wins, the same way in every run.
"""

from libs.tables import LONG, STRING, TIMESTAMP, Column

ARRIVAL_ORDER = ("_ingested_at", "_source_file", "_row_hash")

SOURCE = Column("source", STRING, "declared source that the row is from")
PROVENANCE = [
    Column("_ingested_at", TIMESTAMP, "when the row was taken into bronze", "UTC"),
    Column("_source_file", STRING, "name of the file that it came in"),
    Column("_row_hash", LONG, "hash of the row as it came"),
]
