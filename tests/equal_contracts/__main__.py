"""Compute contracts and refreshes from random rows on both engines and print what differs; exit status 1 where anything does."""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.engine_process import EngineProcess, at_once, started
from tests.equal_contracts.compare import differences
from tests.equal_contracts.compute import compute


def different(folder: Path, rows: int, seed: str, engines: Mapping[str, EngineProcess]) -> list[str]:
    """What differs between the engines, which compute at the same time; their frames are kept in `folder`."""
    at_once(engines, compute, lambda engine: (folder / engine, rows, seed))
    return differences(*[folder / engine for engine in engines])


def main(arguments: Sequence[str]) -> int:
    """Print the differences; the status is 1 where there are any."""
    parser = argparse.ArgumentParser(prog="python -m tests.equal_contracts", description=__doc__)
    parser.add_argument("--rows", type=int, default=1000, help="rows of each bronze table")
    parser.add_argument("--seed", default="0", help="what the random rows are made from")
    parser.add_argument("--keep", type=Path, help="a new folder that keeps the frames")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        with started(Path(temporary)) as engines:
            found = different(folder, asked.rows, asked.seed, engines)
    print("\n".join(found) or f"{asked.rows:,} rows of each table, seed {asked.seed}: all rows are equal")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
