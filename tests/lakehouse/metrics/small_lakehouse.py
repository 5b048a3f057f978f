"""A small lakehouse of random rows as a finished run left it, and the same in DuckDB."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from deltalake import write_deltalake
from pyspark.sql.pandas.types import to_arrow_schema

from lakehouse.catalogue.discovery import catalogue
from libs.tables import Table
from tests.lakehouse.random_rows import SILVER, Row, at, line, random_silver
from tests.lakehouse.recomputed import recomputed, silver_in_duckdb

Values = tuple[Any, ...]
AS_OF = at("2024-03-10 12:00")
STARTED_AT = at("2024-03-20 00:00")
NASTY = """Côte d'Ivoire \\' or 1=1 -- "x" `y` $$"""
COUNTRIES = (NASTY, "Brasil", None)
DERIVED = (
    "silver.session_activity_daily", "silver.sessions", "gold.active_users_daily", "gold.lifecycle", "gold.retention",
    "gold.product_interest_daily", "gold.customer_metrics",
)  # fmt: skip


def make(root: Path) -> duckdb.DuckDBPyConnection:
    """Write every table that a metric reads below `root`, and return a database that holds what was there at AS_OF.

    The run saw version 0 of each table, as of AS_OF; silver holds facts after AS_OF, and order lines that came after the run.
    """
    rows = random_silver(25)
    rows["users"] = [{**user, "country": COUNTRIES[n % 3], "gender": "FM"[n % 2]} for n, user in enumerate(rows["users"])]
    connection = silver_in_duckdb(rows)
    for name in ("users", "products", "order_items"):
        write(root, SILVER[name], connection.execute(f"select * from {name}").fetchall())
    for name, table in SILVER.items():
        if table.event_time:
            connection.execute(f"delete from {name} where {table.event_time} >= ?", [AS_OF.replace(tzinfo=None)])
    found = recomputed(connection, AS_OF)
    for full in DERIVED:
        table = catalogue()[full].table
        write(root, table, found[table.short_name])
    funnel_daily = catalogue()["gold.funnel_daily"].table
    write(root, funnel_daily, in_columns(funnel_daily, FUNNEL_ROWS))
    connection.register("given", _arrow(funnel_daily, in_columns(funnel_daily, FUNNEL_ROWS)))
    connection.execute("create table funnel_daily as select * from given")
    _record_run(root)
    unseen = line("2024-01-10 10:00", "1000000", order_id="unseen", user_id="1")
    write(root, SILVER["order_items"], in_columns(SILVER["order_items"], [unseen]))
    return connection


def _funnel_row(day: str, step: int, converted: int, breakdown: str = "all", value: str = "all", is_mature: bool = True) -> Row:
    names = {1: "viewed", 2: "bought"}
    return {
        "funnel": "purchase", "entry_date": at(f"{day} 00:00").date(), "breakdown": breakdown, "breakdown_value": value,
        "step_number": step, "step_name": names[step], "entrants": 10, "converted": converted, "is_mature": is_mature,
    }  # fmt: skip


FUNNEL_ROWS = [
    *(_funnel_row("2024-01-01", 1, 10), _funnel_row("2024-01-01", 2, 3), _funnel_row("2024-01-02", 2, 4)),
    *(_funnel_row("2024-01-02", 2, 1, "device", "Safari"), _funnel_row("2024-01-02", 2, 3, "device", "Chrome")),
    *(_funnel_row("2024-01-09", 2, 5), _funnel_row("2024-01-10", 2, 9, is_mature=False)),
]


def _record_run(root: Path) -> None:
    table = catalogue()["gold.refresh_results"].table
    of_old = {"run_id": "old", "table": "silver.users", "version": 7, "started_at": at("2024-02-01 00:00"), "as_of": AS_OF}
    read = [*(t.name for t in SILVER.values()), *DERIVED, "gold.funnel_daily"]
    of_last = [{"run_id": "last", "table": name, "version": 0, "started_at": STARTED_AT, "as_of": AS_OF} for name in read]
    write(root, table, in_columns(table, [of_old, *of_last]))


def in_columns(table: Table, rows: Sequence[Row]) -> list[Values]:
    return [tuple(row.get(name) for name in table.column_names) for row in rows]


def write(root: Path, table: Table, rows: Sequence[Values]) -> None:
    """A version of the table, by delta-rs: in milliseconds."""
    write_deltalake(str(root / table.layer / table.short_name), _arrow(table, rows), mode="append")


def _arrow(table: Table, rows: Sequence[Values]) -> pa.Table:
    named = [{name: _in_utc(value) for name, value in zip(table.column_names, row, strict=True)} for row in rows]
    return pa.Table.from_pylist(named, schema=to_arrow_schema(table.schema, timezone="UTC"))


def _in_utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
