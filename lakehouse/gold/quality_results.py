"""The result of every expectation in every run.

Grain: one row per run, table and expectation; a table that the run did not change has none. `row count` is not judged: it
records that the table was checked, also where it has no expectations.
Limits: the rows checked are those that the run computed, which for a table refreshed by slices or by merge are a part of it.
It has no transform: the run appends the results of `libs.quality.expectations`.
"""

from libs.tables import BOOLEAN, LONG, STRING, TIMESTAMP, Column, RunLog, Table

TABLE = Table(
    name="gold.quality_results",
    comment="The result of every expectation in every run",
    columns=[
        Column("table", STRING, "table that was checked", nullable=False),
        Column("expectation", STRING, "condition that every row must meet", nullable=False),
        Column("severity", STRING, "fail: the version is not published; warn: reported only", nullable=False),
        Column("passed", BOOLEAN, "whether every row met it", nullable=False),
        Column("rows_checked", LONG, "rows that were checked", "rows"),
        Column("unexpected_count", LONG, "rows that did not meet it", "rows"),
        Column("meaning", STRING, "what an unexpected row means, as declared"),
        Column("checked_at", TIMESTAMP, "time of the run", "UTC"),
        Column("run_id", STRING, "the run", nullable=False),
    ],
    primary_key=["run_id", "table", "expectation"],
    event_time="checked_at",
    refresh=RunLog(formerly={"rows_checked": "case when expectation = 'row count' then observed end"}),
)
