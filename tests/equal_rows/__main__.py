"""Compute every table from random rows on both engines and print what differs; exit status 1 where anything does."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from libs.settings.project import PROJECT_ROOT
from tests.equal_rows.compare import differences
from tests.equal_rows.inputs import write_inputs

ENGINES = ("spark", "native")


def different(folder: Path, seeds: Sequence[int]) -> list[str]:
    """What differs between the engines for these seeds; everything is kept below `folder`."""
    for seed in seeds:
        write_inputs(folder / f"{seed:06}" / "inputs", seed)
    for engine in ENGINES:
        subprocess.run([sys.executable, "-m", "tests.equal_rows.compute", engine, str(folder)], check=True, cwd=PROJECT_ROOT)
    return [line for seed in seeds for line in differences(folder / f"{seed:06}", *ENGINES)]


def main(arguments: Sequence[str]) -> int:
    """Print the differences; the status is 1 where there are any."""
    parser = argparse.ArgumentParser(prog="python -m tests.equal_rows", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--keep", type=Path, help="a new folder that keeps inputs and rows")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        seeds = range(asked.first, asked.first + asked.seeds)
        found = different(asked.keep or Path(temporary), seeds)
    print("\n".join(found) or f"{asked.seeds} seeds: all rows are equal")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
