"""What every run did to every table.

Grain: one row per run and table, tables that were left as they were included. For bronze, `rows_in` are the rows that were
taken; for a silver table that contracts feed, the arrivals that were read, of which each is written under a new key, or was
quarantined, or was seen before: rows_in = new keys + quarantined + rows_seen_before, where a correction counts as seen before.
It has no transform: the run itself appends the rows at its end.
"""

from libs.tables import DOUBLE, LONG, STRING, TIMESTAMP, Column, RunLog, Table

TABLE = Table(
    name="gold.refresh_results",
    comment="What every run did to every table",
    columns=[
        Column("run_id", STRING, "the run", nullable=False),
        Column("table", STRING, "table that was refreshed", nullable=False),
        Column("mode", STRING, "full, slices, items, merge, append or unchanged", nullable=False),
        Column("rows_in", LONG, "arrivals that were read", "rows"),
        Column("rows_out", LONG, "rows that were written", "rows"),
        Column("quarantined", LONG, "arrivals that were rejected", "rows"),
        Column("rows_seen_before", LONG, "arrivals whose key was known already", "rows"),
        Column("seconds", DOUBLE, "how long it took", "seconds"),
        Column("version", LONG, "version of the table after it"),
        Column("started_at", TIMESTAMP, "moment at which the run began", "UTC"),
        Column("as_of", TIMESTAMP, "moment that the run looked from", "UTC"),
    ],
    primary_key=["run_id", "table"],
    event_time="started_at",
    refresh=RunLog(formerly={"rows_seen_before": "duplicates", "started_at": "ran_at"}),
)
