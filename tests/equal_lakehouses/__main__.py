"""Build random lakehouses on both engines and print what differs; exit status 1 where anything does."""

import argparse
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.engine_process import EngineProcess
from tests.equal_lakehouses.lakehouses import ENGINES, Found, compared

Pair = dict[str, EngineProcess]


def main(arguments: Sequence[str]) -> int:
    """Print a line a seed, with what differs; the status is 1 where anything does."""
    parser = argparse.ArgumentParser(prog="python -m tests.equal_lakehouses", description=__doc__)
    parser.add_argument("--count", type=int, default=10, help="how many lakehouses")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first one's seed")
    parser.add_argument(
        "--at-once", type=int, default=2, metavar="N", help="how many are built at the same time; default %(default)s"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="keeps the lakehouses that differ, and what the engines print")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        found = _all(range(asked.first, asked.first + asked.count), asked.at_once, asked.out or Path(temporary))
    different = [one.seed for one in found if one.lines]
    print(f"{len(found)} lakehouses, {len(different)} differ: {different}; {_mean(found)} s a lakehouse")
    return 1 if different else 0


def _all(seeds: Iterable[int], at_once: int, out: Path) -> list[Found]:
    pairs = [{engine: EngineProcess(engine, out / f"pair-{n}", lasts=True) for engine in ENGINES} for n in range(at_once)]
    free: SimpleQueue[Pair] = SimpleQueue()
    for pair in pairs:
        free.put(pair)
    try:
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(lambda seed: _one(seed, out / f"{seed:06}", free), seeds))
    finally:
        for pair in pairs:
            _kill(pair)


def _one(seed: int, folder: Path, free: "SimpleQueue[Pair]") -> Found:
    """What the seed showed; an error that ends a run is such a thing, too. Equal lakehouses are deleted."""
    shutil.rmtree(folder, ignore_errors=True)
    engines = free.get()
    try:
        found = compared(seed, folder, engines)
    except Exception:
        _kill(engines)
        found = Found(seed, traceback.format_exc().splitlines(), dict.fromkeys(ENGINES, 0.0), "an error")
    finally:
        free.put(engines)
    if not found.lines:
        shutil.rmtree(folder)
    _print(found)
    return found


def _kill(engines: Pair) -> None:
    for engine in engines.values():
        engine.kill()


def _print(found: Found) -> None:
    seconds = ", ".join(f"{engine} {found.seconds[engine]:.1f} s" for engine in ENGINES)
    lines = [
        f"{found.seed}: {'differ' if found.lines else 'equal'} ({found.what}; {seconds})",
        *(f"    {line}" for line in found.lines),
    ]
    print("\n".join(lines), flush=True)


def _mean(found: Sequence[Found]) -> str:
    means = {engine: sum(one.seconds[engine] for one in found) / max(len(found), 1) for engine in ENGINES}
    return ", ".join(f"{engine} {mean:.1f}" for engine, mean in means.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
