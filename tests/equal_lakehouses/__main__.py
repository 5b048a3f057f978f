"""Build random lakehouses on both engines and print what differs; exit status 1 where anything does."""

import argparse
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.engine_process import EngineProcess
from tests.equal_lakehouses.lakehouses import ENGINES, Found, compared


def main(arguments: Sequence[str]) -> int:
    """Print a line a seed, with what differs; the status is 1 where anything does."""
    parser = argparse.ArgumentParser(prog="python -m tests.equal_lakehouses", description=__doc__)
    parser.add_argument("--count", type=int, default=10, help="how many lakehouses")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first one's seed")
    parser.add_argument("--out", type=Path, metavar="DIR", help="keeps the lakehouses that differ, and what the engines print")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        found = _all(range(asked.first, asked.first + asked.count), asked.out or Path(temporary))
    different = [one.seed for one in found if one.lines]
    print(f"{len(found)} lakehouses, {len(different)} differ: {different}; {_mean(found)} s a lakehouse")
    return 1 if different else 0


def _all(seeds: Iterable[int], out: Path) -> list[Found]:
    engines = {engine: EngineProcess(engine, out) for engine in ENGINES}
    try:
        return [_told(_one(seed, out / f"{seed:06}", engines)) for seed in seeds]
    finally:
        for engine in engines.values():
            engine.kill()


def _one(seed: int, folder: Path, engines: dict[str, EngineProcess]) -> Found:
    """What the seed showed; an error that ends a run is such a thing, too. Equal lakehouses are deleted."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        found = compared(seed, folder, engines)
    except Exception:
        for engine in engines.values():
            engine.kill()
        return Found(seed, traceback.format_exc().splitlines(), dict.fromkeys(ENGINES, 0.0), "an error")
    if not found.lines:
        shutil.rmtree(folder)
    return found


def _told(found: Found) -> Found:
    seconds = ", ".join(f"{engine} {found.seconds[engine]:.1f} s" for engine in ENGINES)
    print(f"{found.seed}: {'differ' if found.lines else 'equal'} ({found.what}; {seconds})", flush=True)
    for line in found.lines:
        print(f"    {line}", flush=True)
    return found


def _mean(found: Sequence[Found]) -> str:
    means = {engine: sum(one.seconds[engine] for one in found) / max(len(found), 1) for engine in ENGINES}
    return ", ".join(f"{engine} {mean:.1f}" for engine, mean in means.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
