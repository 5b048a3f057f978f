"""Daily activity and revenue by what brought the visitor.

Grain: one row per UTC day and traffic source with an event, or with revenue; 'unknown' where a source does not tell.
How events, users, sessions and revenue are placed, and what adds up, stands in `lakehouse.definitions.breakdown`.
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
        Column("traffic_source", STRING, "what brought the visitor, or 'unknown'", nullable=False),
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
