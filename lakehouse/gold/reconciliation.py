"""Figures of published tables, reconciled in every run: recomputed from other tables by DuckDB and compared.

Grain: one row per run, table and check. Values are compared figure by figure (a day, a cohort, a funnel's day); published_value
and recomputed_value are the sums of all figures compared. Where a figure differs, the table is not published, and the run
fails.
Scope: for tables refreshed by days, the slices that the run computed; a table that the run did not change, or refreshed by
keys, has no row. Recomputed values are as of `as_of`, from the versions in source_versions.
It has no transform: the run appends the rows at its end, also when a check failed.
"""

from libs.tables import BOOLEAN, LONG, STRING, TIMESTAMP, Column, RunLog, Table

FIGURE = "decimal(38,6)"
TABLE = Table(
    name="gold.reconciliation",
    comment="Figures of published tables, reconciled: recomputed from other tables by DuckDB",
    columns=[
        Column("run_id", STRING, "the run", nullable=False),
        Column("table", STRING, "table that was checked before publication", nullable=False),
        Column("check", STRING, "name of the check", nullable=False),
        Column("published_value", FIGURE, "sum of the table's own figures"),
        Column("recomputed_value", FIGURE, "sum of the same figures, recomputed by DuckDB from source_versions"),
        Column(
            "difference",
            FIGURE,
            "published_value - recomputed_value; 0 may hide differences that cancel out: see different_figures",
        ),
        Column("passed", BOOLEAN, "whether every figure was equal", nullable=False),
        Column("figures", LONG, "figures compared", "figures"),
        Column("different_figures", LONG, "figures that differed", "figures"),
        Column("meaning", STRING, "what must be equal"),
        Column("source_versions", STRING, "JSON: table read by the recomputation -> its version"),
        Column("checked_at", TIMESTAMP, "time of the run", "UTC"),
    ],
    primary_key=["run_id", "table", "check"],
    event_time="checked_at",
    refresh=RunLog(formerly={"published_value": "left_value", "recomputed_value": "right_value"}),
)
