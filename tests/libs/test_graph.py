"""Tasks of a graph run in order; a failure stops those that have not started, a fault only those that depend on it."""

from collections.abc import Mapping

import pytest

from libs.graph import Ran, run_graph


def test_a_task_runs_after_what_it_depends_on() -> None:
    def do(task: str, before: Mapping[str, str]) -> str:
        return task + "".join(before.values())

    ran: Ran[str, Exception] = run_graph({"c": ["a", "b"], "b": ["a"], "a": []}, do, workers=2)
    assert list(ran.results.items()) == [("a", "a"), ("b", "ba"), ("c", "caba")]


def test_a_failure_is_raised_and_its_dependants_do_not_run() -> None:
    done: list[str] = []

    def do(task: str, before: Mapping[str, None]) -> None:
        if task == "b":
            raise ValueError("b is broken")
        done.append(task)

    with pytest.raises(ValueError, match="b is broken"):
        run_graph({"c": ["b"], "b": ["a"], "a": []}, do, workers=2)
    assert done == ["a"]


def test_a_fault_holds_back_what_comes_after_it_and_no_other() -> None:
    def do(task: str, before: Mapping[str, str]) -> str:
        if task in ("b", "x"):
            raise ValueError(f"{task} is broken")
        return f"{task} is done"

    graph = {"d": ["c"], "c": ["b", "a"], "b": ["a"], "a": [], "x": [], "z": ["a"]}
    ran = run_graph(graph, do, workers=2, fault=ValueError)
    assert ran.results == {"a": "a is done", "z": "z is done"}
    assert {task: str(error) for task, error in ran.faults.items()} == {"b": "b is broken", "x": "x is broken"}


def test_an_error_that_is_no_fault_is_raised_all_the_same() -> None:
    def do(task: str, before: Mapping[str, None]) -> None:
        raise KeyError(task)

    with pytest.raises(KeyError, match="a"):
        run_graph({"a": [], "b": ["a"]}, do, workers=1, fault=ValueError)
