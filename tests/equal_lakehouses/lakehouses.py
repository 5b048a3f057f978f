"""The lakehouses of one seed: by each engine alone, by both in turn, and once more from what the last of them took."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.engine_process import EngineProcess
from tests.equal_lakehouses.arrivals import Arrivals, random_arrivals
from tests.equal_lakehouses.building import Ran, keep_up, run
from tests.equal_lakehouses.compare import differences

ENGINES = ("native", "spark")
# Every lakehouse, and the one that it has to equal.
PAIRS = (("native", "spark"), ("native", "turns"), ("turns", "rebuilt"))
# Some of these are kept up between two runs, by either engine.
KEPT_UP = (
    "silver.events",
    "silver.users",
    "silver.order_items",
    "silver.sessions",
    "gold.user_activity_daily",
    "gold.funnel_daily",
)


@dataclass(frozen=True)
class Found:
    """What a seed showed: a line for each difference, seconds of all runs of one lakehouse by engine, and what was built."""

    seed: int
    lines: list[str]
    seconds: Mapping[str, float]
    what: str


def compared(seed: int, folder: Path, engines: Mapping[str, EngineProcess]) -> Found:
    """Build all lakehouses of a seed below `folder`, and compare them."""
    arrivals = random_arrivals(seed, folder)
    seconds = dict.fromkeys(ENGINES, 0.0)
    lines: list[str] = []
    for number in range(len(arrivals.runs)):
        ran = _one_run(arrivals, number, folder, engines)
        seconds = {engine: seconds[engine] + ran[engine].seconds for engine in ENGINES}
        lines += [f"run {number}: {line}" for line in _told(ran)]
    rebuilding = ENGINES[seed % 2]
    lines += [f"rebuilt on {rebuilding}: {line}" for line in _rebuilt(arrivals, folder, engines[rebuilding])]
    for one, other in PAIRS:
        lines += [f"{one}/{other}: {line}" for line in differences(folder / one, folder / other)]
    return Found(seed, lines, seconds, f"{'+'.join(arrivals.runs[0].sources)}, {' '.join(arrivals.turns)}")


def _one_run(arrivals: Arrivals, number: int, folder: Path, engines: Mapping[str, EngineProcess]) -> dict[str, Ran]:
    """The run of that number in each lakehouse; both engines compute at the same time."""
    arrivals.arrive(number)
    asked, turn = arrivals.runs[number], arrivals.turns[number]
    for engine in ENGINES:
        engines[engine].begin(run, str(folder / engine), asked)
    ran = {engine: engines[engine].ended() for engine in ENGINES}
    ran["turns"] = engines[turn].call(run, str(folder / "turns"), asked)
    engines[arrivals.random.choice(ENGINES)].call(keep_up, str(folder / "turns"), arrivals.random.sample(KEPT_UP, 2))
    return ran


def _told(ran: Mapping[str, Ran]) -> list[str]:
    """What one run counted, or refused, otherwise than the other; what a refused one did not come to is not told too."""
    one = ran["native"]
    lines = [f"refused on both: {one.fault}"] if one.fault else []
    for name in ("spark", "turns"):
        other = ran[name]
        if one.fault != other.fault:
            lines.append(f"native refused {one.fault!r}, {name} {other.fault!r}")
        either_refused = bool(one.fault or other.fault)
        tables = sorted(one.tables.keys() & other.tables.keys() if either_refused else one.tables.keys() | other.tables.keys())
        unlike = [t for t in tables if one.tables.get(t) != other.tables.get(t)]
        lines += [f"{t}: native {one.tables.get(t)}, {name} {other.tables.get(t)}" for t in unlike]
    return lines


def _rebuilt(arrivals: Arrivals, folder: Path, engine: EngineProcess) -> list[str]:
    """All tables from the bronze of the lakehouse that both engines made in turn."""
    shutil.copytree(folder / "turns" / "bronze", folder / "rebuilt" / "bronze")
    ran = engine.call(run, str(folder / "rebuilt"), replace(arrivals.runs[-1], takes=()))
    return [f"refused {ran.fault!r}"] if ran.fault else []
