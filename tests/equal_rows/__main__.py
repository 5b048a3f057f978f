"""Compute every table from random rows on both engines and print what differs; exit status 1 where anything does."""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.engine_process import EngineProcess, at_once, started
from tests.equal_rows.compare import differences
from tests.equal_rows.compute import OF_NATIVE, compute
from tests.equal_rows.inputs import write_inputs


def different(folder: Path, seeds: Sequence[int], engines: Mapping[str, EngineProcess]) -> list[str]:
    """What differs between the engines for these seeds; everything is kept below `folder`.

    Both compute at the same time. The native one's environment is `compute.OF_NATIVE`.
    """
    return [line for seed in seeds for line in _of_seed(folder / f"{seed:06}", seed, engines)]


def _of_seed(folder: Path, seed: int, engines: Mapping[str, EngineProcess]) -> list[str]:
    write_inputs(folder / "inputs", seed)
    at_once(engines, compute, lambda engine: (folder / "inputs", folder / engine))
    return differences(folder, *engines)


def main(arguments: Sequence[str]) -> int:
    """Print the differences; the status is 1 where there are any."""
    parser = argparse.ArgumentParser(prog="python -m tests.equal_rows", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--keep", type=Path, help="a new folder that keeps inputs and rows")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        seeds = range(asked.first, asked.first + asked.seeds)
        with started(Path(temporary), OF_NATIVE) as engines:
            found = different(asked.keep or Path(temporary), seeds, engines)
    print("\n".join(found) or f"{asked.seeds} seeds: all rows are equal")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
