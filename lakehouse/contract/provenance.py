"""The columns that every silver row carries besides its own: its source, and which arrival it came from.

Arrivals are ordered by `_ingested_at`, then by the place of their file in the delivery and of the row in the file: the latest
wins, the same way in every run. Rows of older versions have no such places, and the name of the file and `_row_hash` decide.
"""

from libs.tables import LONG, STRING, TIMESTAMP, Column

PLACE = ("_file_number", "_row_number")
ARRIVAL_ORDER = ("_ingested_at", *PLACE, "_source_file", "_row_hash")

SOURCE = Column("source", STRING, "declared source that the row is from")
PROVENANCE = [
    Column("_ingested_at", TIMESTAMP, "when the row was taken into bronze", "UTC"),
    Column("_source_file", STRING, "name of the file that it came in"),
    Column("_file_number", LONG, "place of the file in its delivery, 0 where it is not known"),
    Column("_row_number", LONG, "number of the row in its file, 0 where it is not known"),
    Column("_row_hash", LONG, "hash of the row as it came"),
]
