"""The peer's whole build, as a separate process: CSV files in, Parquet files out, seconds of each statement as JSON.

python -m lakehouse.bench.peer --out DIR --as-of 2025-12-31T00:00:00 --threads 2 BASE [MORE ...]
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb

from lakehouse.bench.queries import CUT, QUERIES
from lakehouse.bench.raw import RAW, statement


def build(folders: Sequence[Path], out: Path, as_of: datetime, threads: int) -> Mapping[str, float]:
    """Builds every table from the CSV files of `folders`, as of `as_of` (UTC, without zone), on `threads` threads.

    Derived tables are written to `out`/<name>.parquet. Returns the seconds of each table, by name.
    """
    out.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"threads": threads})
    connection.execute("create schema silver")
    seconds = {}
    for name in RAW:
        files = [str(path) for folder in folders for path in sorted(folder.glob(f"{name}-*.csv"))]
        seconds[f"silver.{name}"] = _timed(partial(connection.execute, statement(name, files)))
    _prepare(connection, as_of)
    for name, query in QUERIES.items():
        path = str(out / f"{name}.parquet")
        seconds[name] = _timed(partial(_write, connection, name, query, path))
    return seconds


def _prepare(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """Rows at or after `as_of` are not read."""
    last_day = "cast($1::timestamp - interval 1 microsecond as date)"
    connection.execute(f"create table moment as select $1::timestamp as as_of, {last_day} as last_day", [as_of])
    for name, select in CUT.items():
        connection.execute(f"create view {name} as {select}")


def _write(connection: duckdb.DuckDBPyConnection, name: str, query: str, path: str) -> None:
    connection.execute(f"create table {name} as {query}")
    connection.table(name).write_parquet(path, compression="snappy")


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Builds the tables and prints the seconds."""
    parser = argparse.ArgumentParser(prog="peer")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--as-of", type=datetime.fromisoformat, required=True)
    parser.add_argument("--threads", type=int, required=True)
    asked = parser.parse_args()
    print(json.dumps(build(asked.folders, asked.out, asked.as_of, asked.threads)))


if __name__ == "__main__":
    main()
