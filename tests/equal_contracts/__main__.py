"""Compute contracts and refreshes from random rows on both engines and print what differs; exit status 1 where anything does."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from libs.settings.project import PROJECT_ROOT
from tests.equal_contracts.compare import differences

ENGINES = ("native", "spark")


def different(folder: Path, rows: int, seed: str) -> list[str]:
    """What differs between the engines; their frames are kept in `folder`."""
    for engine in ENGINES:
        command = [sys.executable, "-m", "tests.equal_contracts.compute", engine, str(folder), str(rows), seed]
        subprocess.run(command, check=True, cwd=PROJECT_ROOT)
    return differences(*[folder / engine for engine in ENGINES])


def main(arguments: Sequence[str]) -> int:
    """Print the differences; the status is 1 where there are any."""
    parser = argparse.ArgumentParser(prog="python -m tests.equal_contracts", description=__doc__)
    parser.add_argument("--rows", type=int, default=1000, help="rows of each bronze table")
    parser.add_argument("--seed", default="0", help="what the random rows are made from")
    parser.add_argument("--keep", type=Path, help="a new folder that keeps the frames")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        found = different(asked.keep or Path(temporary), asked.rows, asked.seed)
    print("\n".join(found) or f"{asked.rows:,} rows of each table, seed {asked.seed}: all rows are equal")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
