"""Load by many concurrent users: how long each answer takes."""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Answered:
    """One request: its name, its duration, and its error (None: none)."""

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
        """The distinct errors."""
        return sorted({f"{a.name}: {a.error}" for a in self.answers if a.error})

    def percentile(self, percent: int) -> float:
        """The percentile, in seconds, of the requests' durations."""
        return statistics.quantiles([a.seconds for a in self.answers], n=100, method="inclusive")[percent - 1]

    def slowest(self, count: int) -> list[tuple[str, float]]:
        """The name with the longest median duration, and that median."""
        by_name: dict[str, list[float]] = {}
        for answer in self.answers:
            by_name.setdefault(answer.name, []).append(answer.seconds)
        medians = {name: statistics.median(seconds) for name, seconds in by_name.items()}
        return sorted(medians.items(), key=lambda item: -item[1])[:count]


def at_once(users: Sequence[Callable[[str], None]], names: Sequence[str]) -> Load:
    """Every user requests every name, each user in an order of its own, all at the same time."""

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
    except Exception as error:  # Any failure is a result of the measurement.
        return Answered(name, time.monotonic() - began, " ".join(str(error).split())[:200])
    return Answered(name, time.monotonic() - began)
