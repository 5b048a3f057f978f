"""SQLAlchemy's dialect `spark://` for a Spark Thrift server: PyHive's, with its expressions and lists fixed.

PyHive reads Hive's answers by position. Spark's have the schema's name first, list views among tables, and have the
layout of a table's files after its columns.
"""

import re
from collections.abc import Iterable
from itertools import takewhile
from typing import Any

from pyhive.sqlalchemy_hive import HiveCompiler, HiveDialect, _type_map
from sqlalchemy import exc, text, types
from sqlalchemy.engine import Connection
from sqlalchemy.sql.compiler import SQLCompiler


class SparkCompiler(HiveCompiler):
    """Columns as they are written: Spark reads `schema.table.column`."""

    def visit_column(self, *args: Any, **kwargs: Any) -> str:
        """The column, or a custom expression.

        Hive's compiler counts the dots of it, to drop a schema's name: `a * 0.5 + b * 0.5` loses its first `a * 0.`.
        """
        return SQLCompiler.visit_column(self, *args, **kwargs)


class SparkDialect(HiveDialect):
    """Tables, views and columns as Spark lists them."""

    name = "spark"
    driver = "pyhive"
    statement_compiler = SparkCompiler
    supports_statement_cache = False

    def get_table_names(self, connection: Connection, schema: str | None = None, **kw: Any) -> list[str]:
        """Names of the schema's tables, without its views."""
        views = set(self.get_view_names(connection, schema, **kw))
        return [name for name in self._listed(connection, "SHOW TABLES", schema) if name not in views]

    def get_view_names(self, connection: Connection, schema: str | None = None, **kw: Any) -> list[str]:
        """Names of the schema's views, metric views among them."""
        return self._listed(connection, "SHOW VIEWS", schema)

    def _listed(self, connection: Connection, command: str, schema: str | None) -> list[str]:
        where = f" IN {self.identifier_preparer.quote_identifier(schema)}" if schema else ""
        rows = connection.execute(text(command + where)).fetchall()
        return [name for _, name, is_temporary in rows if not is_temporary]

    def has_table(self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Whether the table or view exists."""
        return table_name in self._listed(connection, "SHOW TABLES", schema)

    def get_columns(self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any) -> list[dict[str, Any]]:
        """The columns with their types and comments. Raises NoSuchTableError."""
        quoted = [self.identifier_preparer.quote_identifier(name) for name in (schema, table_name) if name]
        try:
            rows = connection.execute(text(f"DESCRIBE {'.'.join(quoted)}")).fetchall()
        except exc.OperationalError as error:
            if "TABLE_OR_VIEW_NOT_FOUND" in str(error):
                raise exc.NoSuchTableError(table_name) from error
            raise
        return [_column(*row) for row in _without_layout(rows)]


def _without_layout(rows: Iterable[Any]) -> Iterable[Any]:
    return takewhile(lambda row: row[0] and not row[0].startswith("#"), rows)


def _column(name: str, declared: str, comment: str | None) -> dict[str, Any]:
    family = re.match(r"\w+", declared)
    kind = _type_map.get(family.group(0) if family else "", types.String)
    return {"name": name, "type": kind, "nullable": True, "default": None, "comment": comment}
