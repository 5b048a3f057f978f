"""Compares the rows that two engines wrote."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

SHOWN = 3


def differences(seed: Path, one: str, other: str) -> list[str]:
    """Every table whose rows, types or errors differ, with some of the rows; `-` is the first engine's, `+` the other's."""
    results = sorted({path.stem for engine in (one, other) for path in (seed / engine).iterdir()})
    return [line for result in results for line in _differences(seed, result, one, other)]


def _differences(seed: Path, result: str, one: str, other: str) -> Iterator[str]:
    errors = {engine: seed / engine / f"{result}.error" for engine in (one, other)}
    failed = {engine: file.read_text().splitlines()[0][:300] for engine, file in errors.items() if file.exists()}
    if failed:
        yield from (f"{seed.name} {result}: {engine} failed: {text}" for engine, text in failed.items())
        return
    files = [seed / engine / f"{result}.parquet" for engine in (one, other)]
    if missing := [str(file) for file in files if not file.exists()]:
        yield f"{seed.name} {result}: {', '.join(missing)} is missing"
        return
    types = [_types(file) for file in files]
    if types[0] != types[1]:
        yield f"{seed.name} {result}: types differ: {set(types[0]) ^ set(types[1])}"
        return
    # As text, for 0.0 and -0.0 are equal numbers.
    columns = ", ".join(f'cast("{name}" as varchar)' if kind == "double" else f'"{name}"' for name, kind in types[0])
    for sign, (left, right) in (("-", files), ("+", files[::-1])):
        rows = duckdb.execute(f"select {columns} from '{left}' except all select {columns} from '{right}'").fetchall()
        yield from [f"{seed.name} {result} {sign} {len(rows)} rows"] if rows else []
        yield from (f"    {sign} {row}" for row in rows[:SHOWN])


def _types(file: Path) -> list[tuple[str, str]]:
    return [(field.name, str(field.type).removeprefix("large_").removesuffix("_view")) for field in pq.read_schema(file)]
