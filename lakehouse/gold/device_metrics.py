"""Daily activity and revenue by device and country.

Grain: one row per UTC day, device and country with an event or with revenue; 'unknown' where a source gives none.
`lakehouse.definitions.breakdown` describes how events, users, sessions and revenue are attributed, and what adds up.
"""

from pyspark.sql import DataFrame

from lakehouse.definitions.breakdown import (
    ACTIVITY_DATE,
    EXPECTATIONS,
    MEASURES,
    RECONCILIATIONS,
    REFRESH,
    SOURCES,
    daily_breakdown,
)
from libs.tables import STRING, Column, Table

TABLE = Table(
    name="gold.device_metrics",
    comment="Daily activity and revenue by device and country",
    columns=[
        ACTIVITY_DATE,
        Column("device", STRING, "device or browser, or 'unknown'", nullable=False),
        Column("country", STRING, "country, or 'unknown'", nullable=False),
        *MEASURES,
    ],
    primary_key=["activity_date", "device", "country"],
    sources=SOURCES,
    refresh=REFRESH,
    expectations=EXPECTATIONS,
    reconciliations=RECONCILIATIONS,
)


def transform(session_activity_daily: DataFrame, sessions: DataFrame, order_items: DataFrame) -> DataFrame:
    """Break the days down by device and country."""
    return daily_breakdown(["device", "country"], session_activity_daily, sessions, order_items)
