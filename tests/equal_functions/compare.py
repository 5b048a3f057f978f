"""Has each engine evaluate the expressions, and says which of them they compute differently."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.engine_process import EngineProcess
from tests.equal_functions.evaluate import Found, by_duckdb, by_session
from tests.equal_functions.expressions import AGGREGATES, IN_SOURCES, KNOWN_TO_DIFFER, ROWS, TOLERANT


def differences(engines: Mapping[str, EngineProcess]) -> list[str]:
    """A line for each expression that the engines which evaluate it compute differently, or that fails on one of them.

    And for each that is known to differ, and no longer does: then it belongs to the others.
    """
    of_all = {engine: process.call(by_session, ROWS, AGGREGATES) for engine, process in engines.items()}
    of_all["duckdb"] = by_duckdb(ROWS, AGGREGATES)
    asked = (*IN_SOURCES, *TOLERANT, *KNOWN_TO_DIFFER)
    of_sources = {engine: process.call(by_session, asked, ()) for engine, process in engines.items()}
    still = {line.rpartition(": {")[0] for line in _different(of_sources, KNOWN_TO_DIFFER)}
    fixed = [f"{expression}: no longer differs" for expression in KNOWN_TO_DIFFER if expression not in still]
    return [*_different(of_all, (*ROWS, *AGGREGATES)), *_different(of_sources, (*IN_SOURCES, *TOLERANT)), *fixed]


def _different(found: Mapping[str, Found], expressions: Sequence[str]) -> list[str]:
    lines = []
    for expression in expressions:
        results = {engine: of_engine[expression] for engine, of_engine in found.items()}
        failed = {engine: result for engine, result in results.items() if isinstance(result, str)}
        if failed or len(set(map(repr, results.values()))) > 1:
            lines.append(f"{expression}: {failed or _example(results)}")
    return lines


def _example(results: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """The first row in which they differ."""
    values = zip(*results.values(), strict=True)
    number, row = next((n, row) for n, row in enumerate(values) if len(set(row)) > 1)
    return {"row": number} | dict(zip(results, row, strict=True))
