"""The result of every run for every table.

Grain: one row per run and table, unchanged tables included. For bronze, `rows_in` are the rows ingested; for a silver table
that contracts feed, the arrivals read, each of which has a new key, or was quarantined, or was seen before: rows_in = new keys
+ quarantined + rows_seen_before, where a correction counts as seen before.
It has no transform: the run appends the rows at its end.
"""

from libs.tables import DOUBLE, LONG, STRING, TIMESTAMP, Column, RunLog, Table

TABLE = Table(
    name="gold.refresh_results",
    comment="The result of every run for every table",
    columns=[
        Column("run_id", STRING, "the run", nullable=False),
        Column("table", STRING, "table that was refreshed", nullable=False),
        Column("mode", STRING, "full, slices, items, merge, append or unchanged", nullable=False),
        Column("rows_in", LONG, "arrivals read", "rows"),
        Column("rows_out", LONG, "rows written", "rows"),
        Column("quarantined", LONG, "arrivals rejected", "rows"),
        Column("rows_seen_before", LONG, "arrivals whose key already existed", "rows"),
        Column("seconds", DOUBLE, "duration", "seconds"),
        Column("version", LONG, "version of the table after it"),
        Column("started_at", TIMESTAMP, "start of the run", "UTC"),
        Column("as_of", TIMESTAMP, "moment that the run's figures are as of", "UTC"),
    ],
    primary_key=["run_id", "table"],
    event_time="started_at",
    refresh=RunLog(formerly={"rows_seen_before": "duplicates", "started_at": "ran_at"}),
)
