import threading

import pytest

from libs.load import Answered, Load, at_once


def test_percentiles_and_what_was_slowest() -> None:
    answers = [Answered("fast", n / 1000) for n in range(1, 100)] + [Answered("slow", 2.0)]
    load = Load(answers, 10.0)
    assert load.percentile(50) == pytest.approx(0.0505)
    assert load.percentile(95) == pytest.approx(0.09505)
    assert load.slowest(1) == [("slow", 2.0)]


def test_users_ask_at_the_same_time_and_each_asks_all() -> None:
    together = threading.Barrier(3, timeout=10)
    asked: list[tuple[int, str]] = []

    def user(number: int, name: str) -> None:
        if len([n for n, _ in asked if n == number]) == 0:
            together.wait()
        asked.append((number, name))

    load = at_once([lambda name, n=n: user(n, name) for n in range(3)], ["a", "b"])  # type: ignore[misc]
    assert sorted(asked) == [(n, name) for n in range(3) for name in "ab"]
    assert load.errors == []


def test_a_failure_is_reported_and_the_others_continue() -> None:
    def user(name: str) -> None:
        if name == "bad":
            raise ValueError("no\nsuch table")

    load = at_once([user], ["bad", "good"])
    assert load.errors == ["bad: no such table"]
    assert len(load.answers) == 2
