"""Conditions in the SQL of Spark (and of what speaks its language), of DuckDB, and of DataFusion, which delta-rs asks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import assert_never

from libs.store.conditions import (
    And,
    Column,
    Condition,
    Differs,
    Equal,
    Later,
    Less,
    Not,
    Operand,
    Or,
    Sql,
    Value,
    Within,
)


@dataclass(frozen=True)
class Dialect:
    """What the engines write differently: quotes around a name, a text, a moment."""

    quote: str
    text: Callable[[str], str]
    moment: str

    def quoted(self, name: str) -> str:
        """The name of a column, whatever signs are in it."""
        return self.quote + name.replace(self.quote, 2 * self.quote) + self.quote


def _backslashed(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _doubled(text: str) -> str:
    return text.replace("'", "''")


# Not as structs: the native engine compares those wrongly (docs/engines.md).
def _column_by_column(one: list[str], other: list[str]) -> str:
    later = f"{one[0]} > {other[0]}"
    return f"({later} or ({one[0]} = {other[0]} and {_column_by_column(one[1:], other[1:])}))" if one[1:] else later


SPARK = Dialect("`", _backslashed, "timestamp'{}'")
DUCKDB = Dialect('"', _doubled, "timestamptz '{}'")
DATAFUSION = Dialect('"', _doubled, "arrow_cast('{}', 'Timestamp(Microsecond, Some(\"UTC\"))')")


def rendered(condition: Condition, dialect: Dialect) -> str:
    """The condition as SQL; one of several parts is in parentheses."""
    sql, inner = partial(_operand, dialect=dialect), partial(rendered, dialect=dialect)
    match condition:
        case Equal(one, other):
            return f"{sql(one)} = {sql(other)}"
        case Less(one, other):
            return f"{sql(one)} < {sql(other)}"
        case Differs(one, other):
            return f"{sql(one)} is distinct from {sql(other)}"
        case Later(columns, others):
            return _column_by_column([sql(column) for column in columns], [sql(column) for column in others])
        case Within(day, ranges):
            return _joined("or", [f"{sql(day)} between {sql(first)} and {sql(last)}" for first, last in ranges])
        case And(parts):
            return _joined("and", [inner(part) for part in parts])
        case Or(parts):
            return _joined("or", [inner(part) for part in parts])
        case Not(part):
            return f"not ({inner(part)})"
        case _:
            assert_never(condition)


def _joined(word: str, parts: list[str]) -> str:
    if not parts:
        return "true" if word == "and" else "false"
    return "(" + f" {word} ".join(parts) + ")"


def _operand(operand: Operand | Value, dialect: Dialect) -> str:
    match operand:
        case Column(name, row):
            quoted = dialect.quoted(name)
            return f"{row}.{quoted}" if row else quoted
        case Sql(text):
            return f"({text})"
        case str():
            return f"'{dialect.text(operand)}'"
        case datetime():
            return dialect.moment.format(operand.isoformat())
        case date():
            return f"date '{operand.isoformat()}'"
        case int():
            return str(operand)
        case _:
            assert_never(operand)


spark_sql = partial(rendered, dialect=SPARK)
duckdb_sql = partial(rendered, dialect=DUCKDB)
datafusion_sql = partial(rendered, dialect=DATAFUSION)
