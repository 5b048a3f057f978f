"""Declarations of tables: columns and types, keys, how they refresh, expectations."""

from libs.tables.refresh import Arrivals, ByJob, Full, Lookup, Merge, Refresh, Rejected, RunLog, Slices
from libs.tables.table import Column, Expectation, Reconciliation, Severity, Table, TableError, fail, warn
from libs.tables.types import BOOLEAN, DATE, DOUBLE, INTEGER, LONG, MONEY, QUANTITY, STRING, STRINGS, TIMESTAMP, TOTAL, spark_type

__all__ = [
    "BOOLEAN",
    "DATE",
    "DOUBLE",
    "INTEGER",
    "LONG",
    "MONEY",
    "QUANTITY",
    "STRING",
    "STRINGS",
    "TIMESTAMP",
    "TOTAL",
    "Arrivals",
    "ByJob",
    "Column",
    "Expectation",
    "Full",
    "Lookup",
    "Merge",
    "Reconciliation",
    "Refresh",
    "Rejected",
    "RunLog",
    "Severity",
    "Slices",
    "Table",
    "TableError",
    "fail",
    "spark_type",
    "warn",
]
