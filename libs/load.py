"""Many users at once: how long each answer takes."""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Answered:
    """One request: what was asked, how long it took, and what was wrong (None: nothing)."""

    name: str
    seconds: float
    error: str | None = None


@dataclass(frozen=True)
class Load:
    """All requests of one run."""

    answers: Sequence[Answered]
    seconds: float

    @property
    def errors(self) -> list[str]:
        """What was wrong, each once."""
        return sorted({f"{a.name}: {a.error}" for a in self.answers if a.error})

    def percentile(self, percent: int) -> float:
        """The seconds that so many percent of the requests stayed within."""
        return statistics.quantiles([a.seconds for a in self.answers], n=100, method="inclusive")[percent - 1]

    def slowest(self, count: int) -> list[tuple[str, float]]:
        """What took longest at the median, with that."""
        by_name: dict[str, list[float]] = {}
        for answer in self.answers:
            by_name.setdefault(answer.name, []).append(answer.seconds)
        medians = {name: statistics.median(seconds) for name, seconds in by_name.items()}
        return sorted(medians.items(), key=lambda item: -item[1])[:count]


def at_once(users: Sequence[Callable[[str], None]], names: Sequence[str]) -> Load:
    """Let every user ask for every name, each in an order of its own, all at the same time."""

    def work(number: int) -> list[Answered]:
        order = list(names)
        random.Random(number).shuffle(order)
        return [_asked(users[number], name) for name in order]

    began = time.monotonic()
    with ThreadPoolExecutor(len(users)) as pool:
        answers = [answer for found in pool.map(work, range(len(users))) for answer in found]
    return Load(answers, time.monotonic() - began)


def _asked(user: Callable[[str], None], name: str) -> Answered:
    began = time.monotonic()
    try:
        user(name)
    except Exception as error:  # A failure is a result of the measurement, whatever it is.
        return Answered(name, time.monotonic() - began, " ".join(str(error).split())[:200])
    return Answered(name, time.monotonic() - began)
