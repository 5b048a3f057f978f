"""Evaluates expressions on one engine."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
from pyspark.sql import SparkSession

from libs.sql.translated import duckdb_of
from tests.engine_process import own_session
from tests.equal_functions.values import values

# Asks the engine for columns of a query over `t`.
Ask = Callable[[str], Any]
# By expression, a list of a value for each row, or of one for an aggregate; a text where it fails.
Found = dict[str, Any]
# Spark computes as it does outside tests, where it compiles queries.
COMPILED = {"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.factoryMode": "FALLBACK"}


def by_session(spark: SparkSession, rows: Sequence[str], aggregates: Sequence[str]) -> Found:
    """What the session's engine gives for expressions of a row, and for aggregates."""
    own = own_session(spark)
    for name, value in COMPILED.items() if own is not spark else ():
        own.conf.set(name, value)
    own.createDataFrame(values()).createOrReplaceTempView("rows")
    return _found(lambda query: own.sql(query).toArrow(), rows, aggregates)


def by_duckdb(rows: Sequence[str], aggregates: Sequence[str]) -> Found:
    """What DuckDB gives."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.register("rows", values())
        return _found(lambda query: connection.sql(duckdb_of(query)).to_arrow_table(), rows, aggregates)


def _found(ask: Ask, rows: Sequence[str], aggregates: Sequence[str]) -> Found:
    return _evaluated(ask, aggregates, is_aggregate=True) | _evaluated(ask, rows, is_aggregate=False)


def _evaluated(ask: Ask, expressions: Sequence[str], is_aggregate: bool) -> Found:
    """All in one query; where that fails, halves of them, so that the one that fails is found."""
    if not expressions:
        return {}
    columns = ", ".join(f"{expression} as c{number}" for number, expression in enumerate(expressions))
    query = f"select {columns} from rows" if is_aggregate else f"select id, {columns} from rows"
    try:
        table = ask(query)
        if not is_aggregate:
            table = table.sort_by("id")
        columns_found = [_plain(table[f"c{number}"]) for number in range(len(expressions))]
    except Exception as error:
        if len(expressions) == 1:
            return {expressions[0]: f"{type(error).__name__}: {str(error).strip().splitlines()[0][:300]}"}
        half = len(expressions) // 2
        return _evaluated(ask, expressions[:half], is_aggregate) | _evaluated(ask, expressions[half:], is_aggregate)
    return dict(zip(expressions, columns_found, strict=True))


def _plain(column: pa.ChunkedArray) -> list[Any]:
    """Doubles as text, as NaN equals nothing and -0.0 equals 0.0; days and moments as numbers, as Python has no year 10000."""
    if pa.types.is_date(column.type):
        return [f"day {value}" if value is not None else None for value in column.cast(pa.int32()).to_pylist()]
    if pa.types.is_timestamp(column.type):
        return [f"moment {v}" if v is not None else None for v in column.cast(pa.timestamp("us")).cast(pa.int64()).to_pylist()]
    return [_comparable(value) for value in column.to_pylist()]


def _comparable(value: Any) -> str | None:
    """Whole numbers and decimals by their value, whatever the scale."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"number {Decimal(value).normalize():f}"
    return None if value is None else repr(value)
