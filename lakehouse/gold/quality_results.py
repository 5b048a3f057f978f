"""What became of every expectation in every run.

Grain: one row per run, table and expectation; a table that the run left as it was has none. `row count` is never judged: it
says that the table was checked, also where nothing else is expected of it.
Limits: the rows checked are those that the run computed, which for a table refreshed by slices or by merge are not all of it.
It has no transform: whoever runs the tables appends the results of `libs.quality.expectations`.
"""

from libs.tables import BOOLEAN, LONG, STRING, TIMESTAMP, Column, RunLog, Table

TABLE = Table(
    name="gold.quality_results",
    comment="What became of every expectation in every run",
    columns=[
        Column("table", STRING, "table that was checked", nullable=False),
        Column("expectation", STRING, "what must hold of every row", nullable=False),
        Column("severity", STRING, "fail keeps a version from being published, warn reports", nullable=False),
        Column("passed", BOOLEAN, "whether no row broke it", nullable=False),
        Column("rows_checked", LONG, "rows that were checked", "rows"),
        Column("unexpected_count", LONG, "rows of these that broke it", "rows"),
        Column("meaning", STRING, "what it means that a row breaks it, as declared"),
        Column("checked_at", TIMESTAMP, "moment of the run", "UTC"),
        Column("run_id", STRING, "the run", nullable=False),
    ],
    primary_key=["run_id", "table", "expectation"],
    event_time="checked_at",
    refresh=RunLog(formerly={"rows_checked": "case when expectation = 'row count' then observed end"}),
)
