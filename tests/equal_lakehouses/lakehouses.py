"""The lakehouses of one seed: by each engine alone, by both in turn, and once more from what the last of them took."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.engine_process import EngineProcess, at_once
from tests.equal_lakehouses.arrivals import Arrivals, random_arrivals
from tests.equal_lakehouses.building import Ran, keep_up, run
from tests.equal_lakehouses.compare import differences

ENGINES = ("native", "spark")
# A lakehouse, and the one that it has to equal; the others are built in one seed of `TURNS_EVERY`.
ALONE = (("native", "spark"),)
TURNS = (("native", "turns"), ("turns", "rebuilt"))
TURNS_EVERY = 3
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
    has_turns = seed % TURNS_EVERY == 0
    seconds = dict.fromkeys(ENGINES, 0.0)
    lines: list[str] = []
    for number in range(len(arrivals.runs)):
        ran = _one_run(arrivals, number, folder, engines)
        seconds = {engine: seconds[engine] + ran[engine].seconds for engine in ENGINES}
        if has_turns:
            ran["turns"] = _turn(arrivals, number, folder, engines)
        lines += [f"run {number}: {line}" for line in _unlike(ran)]
    if has_turns:
        rebuilding = ENGINES[seed % 2]
        lines += [f"rebuilt on {rebuilding}: {line}" for line in _rebuilt(arrivals, folder, engines[rebuilding])]
    for one, other in (*ALONE, *(TURNS if has_turns else ())):
        lines += [f"{one}/{other}: {line}" for line in differences(folder / one, folder / other)]
    by_turns = f", by turns {' '.join(arrivals.turns)}" if has_turns else ""
    return Found(seed, lines, seconds, f"{'+'.join(arrivals.runs[0].sources)} in {len(arrivals.runs)} runs{by_turns}")


def taken_over(seed: int, folder: Path, engines: Mapping[str, EngineProcess]) -> list[str]:
    """What differs between a lakehouse made natively, the same one where Spark made the last run, and Spark's rebuild of that.

    The short form of `compared`: of its runs, each a minute and more on Spark however few the rows, two are Spark's.
    """
    arrivals = random_arrivals(seed, folder)
    *earlier, last = range(len(arrivals.runs))
    for number in earlier:
        arrivals.arrive(number)
        engines["native"].call(run, str(folder / "native"), arrivals.runs[number])
    shutil.copytree(folder / "native", folder / "turns")
    arrivals.arrive(last)
    made_by = {"native": "native", "spark": "turns"}
    ran = at_once(engines, run, lambda engine: (str(folder / made_by[engine]), arrivals.runs[last]))
    lines = _unlike(ran) + _rebuilt(arrivals, folder, engines["spark"])
    return lines + [f"{one}/{other}: {line}" for one, other in TURNS for line in differences(folder / one, folder / other)]


def _one_run(arrivals: Arrivals, number: int, folder: Path, engines: Mapping[str, EngineProcess]) -> dict[str, Ran]:
    """The run of that number by each engine alone; both compute at the same time."""
    arrivals.arrive(number)
    asked = arrivals.runs[number]
    return at_once(engines, run, lambda engine: (str(folder / engine), asked))


def _turn(arrivals: Arrivals, number: int, folder: Path, engines: Mapping[str, EngineProcess]) -> Ran:
    """The run of that number where the engines take turns; some tables are kept up after it."""
    ran: Ran = engines[arrivals.turns[number]].call(run, str(folder / "turns"), arrivals.runs[number])
    engines[arrivals.random.choice(ENGINES)].call(keep_up, str(folder / "turns"), arrivals.random.sample(KEPT_UP, 2))
    return ran


def _unlike(ran: Mapping[str, Ran]) -> list[str]:
    """What one run counted, or refused, otherwise than the other; what a refused one did not come to is left out."""
    one = ran["native"]
    lines = [f"refused on both: {one.fault}"] if one.fault else []
    for name, other in ran.items():
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
