"""Daily activity and revenue by traffic source.

Grain: one row per UTC day and traffic source with an event or with revenue; 'unknown' where a source gives none.
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
    name="gold.traffic_source_daily",
    comment="Daily activity and revenue by traffic source",
    columns=[
        ACTIVITY_DATE,
        Column("traffic_source", STRING, "traffic source of the visit, or 'unknown'", nullable=False),
        *MEASURES,
    ],
    primary_key=["activity_date", "traffic_source"],
    sources=SOURCES,
    refresh=REFRESH,
    expectations=EXPECTATIONS,
    reconciliations=RECONCILIATIONS,
)


def transform(session_activity_daily: DataFrame, sessions: DataFrame, order_items: DataFrame) -> DataFrame:
    """Break the days down by traffic source."""
    return daily_breakdown(["traffic_source"], session_activity_daily, sessions, order_items)
