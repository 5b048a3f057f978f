"""Superset's view of the database: Spark's time grains, the dialect's lists, and no query that the guard refuses."""

from typing import Any

from flask import current_app
from sqlalchemy.engine.reflection import Inspector
from superset.db_engine_specs.base import BaseEngineSpec
from superset.db_engine_specs.spark import SparkEngineSpec
from superset.models.core import Database

from superset_lakehouse.guard import refusal


class QueryRefused(Exception):
    """The guard refuses the query; the message says why."""


class LakehouseEngineSpec(SparkEngineSpec):
    """A Spark Thrift server as Superset sees it."""

    engine = "spark"
    engine_name = "Spark Thrift server"
    default_driver = "pyhive"
    supports_catalog = supports_dynamic_catalog = supports_cross_catalog_queries = False
    # Hive's spec selects what it orders by a second time under the same alias, which Spark finds ambiguous.
    allows_hidden_orderby_agg = True

    @classmethod
    def get_table_names(cls, database: Database, inspector: Inspector, schema: str | None) -> set[str]:
        """The schema's tables, without its views."""
        return set(inspector.get_table_names(schema))

    @classmethod
    def get_view_names(cls, database: Database, inspector: Inspector, schema: str | None) -> set[str]:
        """The schema's views."""
        return set(inspector.get_view_names(schema))

    @classmethod
    def execute(cls, cursor: Any, query: str, database: Database, **kwargs: Any) -> None:
        """Run the query of a chart, a filter or SQL Lab; raises QueryRefused. It is over when this returns."""
        config = current_app.config
        why = refusal(query, config["LAKEHOUSE_SCHEMAS"], config["DISALLOWED_SQL_FUNCTIONS"]["spark"])
        if why:
            raise QueryRefused(f"refused: {why}")
        BaseEngineSpec.execute.__func__(cls, cursor, query, database)
