"""Figures of published tables beside a second, independent way to them, in every run.

Grain: one row per run, table and check. Both are compared figure by figure (a day, a cohort, a funnel's day); published_value
and recomputed_value are the sums of all figures compared. A check that does not hold keeps its table's rows from being
published, and ends the run.
Scope: of tables refreshed by days the slices that the run computed; a table that the run left as it was, or refreshed by keys,
has no row. Recomputed values are as of `as_of`, from the versions in source_versions.
It has no transform: the run itself appends the rows at its end, also when a check did not hold.
"""

from libs.tables import BOOLEAN, LONG, STRING, TIMESTAMP, Column, RunLog, Table

FIGURE = "decimal(38,6)"
TABLE = Table(
    name="gold.reconciliation",
    comment="Figures of published tables beside an independent way to them",
    columns=[
        Column("run_id", STRING, "the run", nullable=False),
        Column("table", STRING, "table whose rows were to be published", nullable=False),
        Column("check", STRING, "name of the check", nullable=False),
        Column("published_value", FIGURE, "sum of the table's own figures"),
        Column("recomputed_value", FIGURE, "sum of the same figures, computed independently from source_versions"),
        Column(
            "difference",
            FIGURE,
            "published_value - recomputed_value; 0 may hide differences that cancel out: see different_figures",
        ),
        Column("passed", BOOLEAN, "whether every figure agreed", nullable=False),
        Column("figures", LONG, "figures compared", "figures"),
        Column("different_figures", LONG, "figures that differed", "figures"),
        Column("meaning", STRING, "what must agree"),
        Column("source_versions", STRING, "JSON: table that the recomputation read -> its version"),
        Column("checked_at", TIMESTAMP, "moment of the run", "UTC"),
    ],
    primary_key=["run_id", "table", "check"],
    event_time="checked_at",
    refresh=RunLog(formerly={"published_value": "left_value", "recomputed_value": "right_value"}),
)
