"""Runs the engines, each in a process of its own, and says which expressions they compute differently."""

import json
import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from libs.settings.project import PROJECT_ROOT
from tests.equal_functions.expressions import AGGREGATES, IN_SOURCES, KNOWN_TO_DIFFER, ROWS

Found = Mapping[str, Any]


def differences(folder: Path) -> list[str]:
    """A line for each expression that the engines which evaluate it compute differently, or that fails on one of them.

    And for each that is known to differ, and no longer does: then it belongs to the others.
    """
    of_all = {name: evaluated(name, ROWS, AGGREGATES, folder) for name in ("spark", "native", "duckdb")}
    of_sources = {name: evaluated(name, (*IN_SOURCES, *KNOWN_TO_DIFFER), (), folder) for name in ("spark", "native")}
    still = {line.rpartition(": {")[0] for line in _different(of_sources, KNOWN_TO_DIFFER)}
    fixed = [f"{expression}: no longer differs" for expression in KNOWN_TO_DIFFER if expression not in still]
    return [*_different(of_all, (*ROWS, *AGGREGATES)), *_different(of_sources, IN_SOURCES), *fixed]


def evaluated(engine: str, rows: Sequence[str], aggregates: Sequence[str], folder: Path) -> Found:
    """What the engine gives for each expression."""
    given, found = folder / f"{engine}.json", folder / f"{engine}.pickle"
    given.write_text(json.dumps([*((e, False) for e in rows), *((e, True) for e in aggregates)]))
    command = [sys.executable, "-m", "tests.equal_functions.evaluate", engine, str(given), str(found)]
    subprocess.run(command, check=True, cwd=PROJECT_ROOT, capture_output=True)
    return dict(pickle.loads(found.read_bytes()))


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
