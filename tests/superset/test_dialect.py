"""Superset's SQLAlchemy dialect: the text of a query as Spark gets it."""

import pytest
from sqlalchemy import Select, column, literal_column, select, table

from tests.superset.plugin import plugin_module


@pytest.mark.parametrize(
    "written",
    ["sum(a) * 0.75 - sum(b) * 0.25", "sum(a) / 1.5 + 2.5 * 3.5", "java_method('java.lang.System', 'getProperty', 'user.home')"],
)
def test_an_expression_keeps_its_dots(written: str) -> None:
    assert _compiled(select(literal_column(written).label("x"))) == f"SELECT {written} AS `x`"


def test_a_column_is_named_with_its_table_and_schema() -> None:
    sales = table("sales", column("amount"), schema="gold")
    assert _compiled(select(sales.c.amount)) == "SELECT `gold`.`sales`.`amount` \nFROM `gold`.`sales`"


def _compiled(query: Select[tuple[object]]) -> str:
    return str(query.compile(dialect=plugin_module("dialect").SparkDialect()))
