"""Evaluates expressions on one engine, in a process of its own: `ENGINE EXPRESSIONS.json RESULTS.pickle`."""

import json
import pickle
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from libs.engines.native import native_session
from libs.engines.spark import session
from libs.settings.config import load_settings
from libs.store.translated import duckdb_of
from tests.equal_functions.values import values

# Asks the engine for columns of a query over `t`.
Ask = Callable[[str], Any]


def main(engine: str, given: Path, found: Path) -> None:
    """Write what each expression gives: a list of a value for each row, or of one for an aggregate; a text where it fails."""
    expressions = json.loads(given.read_text())
    ask = {"spark": _spark, "native": _native, "duckdb": _duckdb}[engine]()
    results: dict[str, Any] = {}
    for kind in (True, False):
        results |= _evaluated(ask, [e for e, is_aggregate in expressions if is_aggregate == kind], kind)
    found.write_bytes(pickle.dumps(results))


def _evaluated(ask: Ask, expressions: Sequence[str], is_aggregate: bool) -> dict[str, Any]:
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


def _spark() -> Ask:
    settings = load_settings({})
    small = {"master": "local[1]", "driver_memory": "1g", "catalog": "in-memory", "shuffle_partitions": 1}
    spark = session(settings.model_copy(update={"spark": settings.spark.model_copy(update=small)}), "functions")
    spark.createDataFrame(values()).createOrReplaceTempView("rows")
    return lambda query: spark.sql(query).toArrow()


def _native() -> Ask:
    spark = native_session(load_settings({}))
    spark.createDataFrame(values()).createOrReplaceTempView("rows")
    return lambda query: spark.sql(query).toArrow()


def _duckdb() -> Ask:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.register("rows", values())
    return lambda query: connection.execute(duckdb_of(query)).to_arrow_table()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
